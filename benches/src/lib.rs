//! Micro-benchmarks and comparisons.
