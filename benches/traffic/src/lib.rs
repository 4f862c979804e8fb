//! Demo world and load generator: signed webhooks through the front door.
