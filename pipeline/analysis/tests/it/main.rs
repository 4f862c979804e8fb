//! The analyser from outside: what its labels, entities and training promise.
#![allow(clippy::unwrap_used)]

mod entities;
mod labels;
mod training;
