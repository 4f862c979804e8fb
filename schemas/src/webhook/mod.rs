//! Meta's webhook payloads, typed; tolerant of what is unknown.
