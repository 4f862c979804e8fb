//! The addresses of the API, in one table that the OpenAPI document is tested against.

use crate::params::decoded;

/// One address of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Overview,
    Messages,
    Message {
        phone_number_id: String,
        message_id: String,
    },
    Metrics,
    Integrations,
    Contacts,
    AccountEvents,
    System,
    Live,
    OpenApi,
}

impl Route {
    /// The route at a path; `None` where the API has none.
    pub(crate) fn find(path: &str) -> Option<Self> {
        let segments: Vec<String> = path.strip_prefix('/')?.split('/').map(decoded).collect::<Option<_>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match segments.as_slice() {
            ["v1", "overview"] => Self::Overview,
            ["v1", "messages"] => Self::Messages,
            ["v1", "messages", number, message] if !number.is_empty() && !message.is_empty() => Self::Message {
                phone_number_id: (*number).to_owned(),
                message_id: (*message).to_owned(),
            },
            ["v1", "metrics"] => Self::Metrics,
            ["v1", "integrations"] => Self::Integrations,
            ["v1", "contacts"] => Self::Contacts,
            ["v1", "account-events"] => Self::AccountEvents,
            ["v1", "system"] => Self::System,
            ["v1", "live"] => Self::Live,
            ["openapi.json"] => Self::OpenApi,
            _ => return None,
        })
    }

    /// The path as the OpenAPI document spells it; also the `route` label of the metrics.
    pub(crate) const fn template(&self) -> &'static str {
        match self {
            Self::Overview => "/v1/overview",
            Self::Messages => "/v1/messages",
            Self::Message { .. } => "/v1/messages/{phone_number_id}/{message_id}",
            Self::Metrics => "/v1/metrics",
            Self::Integrations => "/v1/integrations",
            Self::Contacts => "/v1/contacts",
            Self::AccountEvents => "/v1/account-events",
            Self::System => "/v1/system",
            Self::Live => "/v1/live",
            Self::OpenApi => "/openapi.json",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every route there is; a variant that is missing here does not compile in `template`, and one that is missing
    /// in `find` fails below.
    const PATHS: &[&str] = &[
        "/v1/overview",
        "/v1/messages",
        "/v1/messages/{phone_number_id}/{message_id}",
        "/v1/metrics",
        "/v1/integrations",
        "/v1/contacts",
        "/v1/account-events",
        "/v1/system",
        "/v1/live",
        "/openapi.json",
    ];

    #[test]
    fn every_route_is_in_the_document_and_the_document_has_no_other() {
        let document: serde_json::Value = serde_json::from_str(crate::openapi::DOCUMENT).unwrap();
        let documented: BTreeSet<&str> = document["paths"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let shared = ["/healthz", "/readyz", "/metrics"];
        let served: BTreeSet<&str> = PATHS.iter().chain(&shared).copied().collect();
        assert_eq!(documented, served);
        for path in PATHS {
            assert_eq!(Route::find(path).expect(path).template(), *path);
        }
    }

    #[test]
    fn ids_in_paths_are_decoded_and_plus_signs_stay() {
        let route = Route::find("/v1/messages/1065/wamid.A%2FB+C%3D%3D").unwrap();
        let message_id = "wamid.A/B+C==".to_owned();
        assert_eq!(
            route,
            Route::Message {
                phone_number_id: "1065".to_owned(),
                message_id
            }
        );
        for none in [
            "/v1",
            "/v1/messages/",
            "/v1/messages/1",
            "/v1/messages/1/",
            "/v1/messages/%ff/x",
            "",
            "/",
        ] {
            assert_eq!(Route::find(none), None, "{none}");
        }
    }
}
