//! The documents that come with the product.

use crate::{Connector, Problems};

/// Name and TOML of each, in the order of their names.
pub const DOCUMENTS: &[(&str, &str)] = &[
    ("caldav", include_str!("../documents/caldav.toml")),
    ("http_lookup", include_str!("../documents/http_lookup.toml")),
    ("hubspot", include_str!("../documents/hubspot.toml")),
    ("request_tracker", include_str!("../documents/request_tracker.toml")),
    ("salesforce", include_str!("../documents/salesforce.toml")),
    ("slack", include_str!("../documents/slack.toml")),
    ("smtp", include_str!("../documents/smtp.toml")),
    ("tryton", include_str!("../documents/tryton.toml")),
    ("webhook", include_str!("../documents/webhook.toml")),
    ("zendesk", include_str!("../documents/zendesk.toml")),
];

/// The connector of a name; nothing when none is shipped under it.
///
/// # Errors
/// When the document is wrong. A test keeps every one right.
pub fn connector(name: &str) -> Option<Result<Connector, Problems>> {
    let (_, document) = DOCUMENTS.iter().find(|(other, _)| *other == name)?;
    Some(Connector::from_toml(document))
}
