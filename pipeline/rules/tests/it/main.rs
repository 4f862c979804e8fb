//! Rules from outside: that they react to what their JSON says, in order, and that windows are what they are said to be.
#![allow(clippy::unwrap_used)]

mod arbitrary;
mod order;
mod said;
mod windows;
