//! The parlance binary.
fn main() {}
