//! What happened to a template: its approval, quality, category or components.

use super::object::{Object, Remarks};

/// The value of `message_template_status_update`, `…_quality_update`, `…_components_update`,
/// `template_category_update` and `template_correct_category_detection`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateChange {
    /// Meta's id of the template.
    pub id: Option<String>,
    /// Its name; not unique, each language has it.
    pub name: Option<String>,
    /// Its language, as `en_US`.
    pub language: Option<String>,
    /// Its category, where told along.
    pub category: Option<String>,
    /// `APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`, …
    pub event: Option<String>,
    /// Why it was rejected or disabled, in one word; `NONE` when there is no reason.
    pub reason: Option<String>,
    /// Why, in a sentence.
    pub reason_text: Option<String>,
    /// What to do about it, in a sentence.
    pub recommendation: Option<String>,
    /// Which pause: `FIRST_PAUSE`, `SECOND_PAUSE`, `RATE_LIMITING_PAUSE`, `UNPAUSE`, `DISABLED`.
    pub title: Option<String>,
    /// When it will be disabled, Unix milliseconds.
    pub disable_date_ms: Option<i64>,
    /// Quality before: `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub previous_quality_score: Option<String>,
    /// Quality now.
    pub new_quality_score: Option<String>,
    /// Category before.
    pub previous_category: Option<String>,
    /// Category now.
    pub new_category: Option<String>,
    /// Category it will have in a day.
    pub correct_category: Option<String>,
    /// Its text now.
    pub element: Option<String>,
    /// Its head now.
    pub header: Option<String>,
    /// Its foot now.
    pub footer: Option<String>,
    /// What was not understood or is not typed.
    pub remarks: Remarks,
}

impl TemplateChange {
    /// Reads the value of a template field.
    ///
    /// # Errors
    /// When `json` is not an object. A member of the wrong shape reads as none, and is noted in `remarks`.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let mut object = Object::parse(json)?;
        let mut change = Self {
            id: object.id("message_template_id"),
            name: object.id("message_template_name"),
            language: object.id("message_template_language"),
            category: object.text("message_template_category"),
            event: object.id("event"),
            reason: object.text("reason"),
            previous_quality_score: object.text("previous_quality_score"),
            new_quality_score: object.text("new_quality_score"),
            previous_category: object.text("previous_category"),
            new_category: object.text("new_category"),
            correct_category: object.text("correct_category"),
            element: object.text("message_template_element"),
            header: object.text("message_template_title"),
            footer: object.text("message_template_footer"),
            ..Self::default()
        };
        for key in ["rejection_info", "reason_info", "recommendation_info"] {
            if let Some(mut info) = object.object(key) {
                change.reason_text = change.reason_text.or_else(|| info.text("reason"));
                change.recommendation = change.recommendation.or_else(|| info.text("recommendation"));
                object.absorb(info.finish());
            }
        }
        if let Some(mut info) = object.object("disable_info") {
            change.disable_date_ms = info.millis("disable_date");
            object.absorb(info.finish());
        }
        if let Some(mut info) = object.object("other_info") {
            change.title = info.text("title");
            change.reason_text = change.reason_text.or_else(|| info.text("description"));
            object.absorb(info.finish());
        }
        change.remarks = object.finish();
        Ok(change)
    }
}
