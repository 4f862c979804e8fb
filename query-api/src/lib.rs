//! HTTP API, live stream, OpenAPI and the dashboard over ClickHouse.
