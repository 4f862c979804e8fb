//! Stable 128-bit identities: of a JSON value (equal for every spelling of the same value), and of an update.
