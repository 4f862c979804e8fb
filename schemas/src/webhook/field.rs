//! The webhook fields (`changes[].field`) that Meta documents, by what becomes of their updates.

/// What a field carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Lists of items of one business number: messages, statuses, calls, …
    Items,
    /// One event of an account, number, template or flow per change; rows of `account_events`.
    Account,
    /// Documented by Meta, but with no table of its own; rows of `raw_updates`.
    Other,
    /// Not documented when this was written; rows of `raw_updates`, counted.
    Unknown,
}

/// The kind of a field. Unknown fields are kept and counted, never refused.
pub fn known_field(field: &str) -> FieldKind {
    match field {
        "messages"
        | "message_echoes"
        | "smb_message_echoes"
        | "standby"
        | "calls"
        | "history"
        | "smb_app_state_sync"
        | "user_preferences"
        | "group_lifecycle_update"
        | "group_participant_update"
        | "group_participants_update"
        | "group_settings_update"
        | "group_status_update" => FieldKind::Items,
        "account_alerts"
        | "account_review_update"
        | "account_settings_update"
        | "account_update"
        | "business_capability_update"
        | "business_username_updates"
        | "flows"
        | "message_template_components_update"
        | "message_template_quality_update"
        | "message_template_status_update"
        | "partner_solutions"
        | "payment_configuration_update"
        | "phone_number_name_update"
        | "phone_number_quality_update"
        | "security"
        | "template_category_update"
        | "template_correct_category_detection" => FieldKind::Account,
        "automatic_events" | "consumer_profile" | "messaging_handovers" | "tracking_events" | "user_id_update" => {
            FieldKind::Other
        }
        // A template field that is newer than this list still tells of a template.
        _ if field.starts_with("message_template_") => FieldKind::Account,
        _ => FieldKind::Unknown,
    }
}
