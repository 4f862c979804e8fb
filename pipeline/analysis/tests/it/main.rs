//! The analyser from outside: what its labels, entities, patterns and training promise.
#![allow(clippy::unwrap_used)]

mod adapting;
mod entities;
mod labels;
mod patterns;
mod training;
