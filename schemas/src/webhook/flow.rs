//! What happened to a flow (Meta's forms): its state and the health of its endpoint.

use super::object::{Object, Remarks};

/// The value of `flows`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowChange {
    /// `FLOW_STATUS_CHANGE`, `CLIENT_ERROR_RATE`, `ENDPOINT_ERROR_RATE`, `ENDPOINT_LATENCY`, `ENDPOINT_AVAILABILITY`,
    /// `FLOW_VERSION_EXPIRY_WARNING`.
    pub event: Option<String>,
    /// Meta's sentence about it.
    pub message: Option<String>,
    /// The flow.
    pub flow_id: Option<String>,
    /// State before: `DRAFT`, `PUBLISHED`, `DEPRECATED`, `BLOCKED`, `THROTTLED`.
    pub old_status: Option<String>,
    /// State now.
    pub new_status: Option<String>,
    /// `ACTIVATED` or `DEACTIVATED`.
    pub alert_state: Option<String>,
    /// What the alert measures against, in the unit of what is measured.
    pub threshold: Option<f64>,
    /// Percent of requests that failed.
    pub error_rate: Option<f64>,
    /// Percent of requests that were answered.
    pub availability: Option<f64>,
    /// Half of the requests took at most this, milliseconds.
    pub p50_latency_ms: Option<f64>,
    /// Nine in ten requests took at most this, milliseconds.
    pub p90_latency_ms: Option<f64>,
    /// How many requests were measured.
    pub requests_count: Option<i64>,
    /// What was not understood or is not typed.
    pub remarks: Remarks,
}

impl FlowChange {
    /// Reads the value of `flows`.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut change = Self {
            event: object.id("event"),
            message: object.text("message"),
            flow_id: object.id("flow_id"),
            old_status: object.text("old_status"),
            new_status: object.text("new_status"),
            alert_state: object.text("alert_state"),
            threshold: object.number("threshold"),
            error_rate: object.number("error_rate"),
            availability: object.number("availability"),
            p50_latency_ms: object.number("p50_latency"),
            p90_latency_ms: object.number("p90_latency"),
            requests_count: object.integer("requests_count"),
            remarks: Remarks::default(),
        };
        change.remarks = object.finish();
        Ok(change)
    }
}
