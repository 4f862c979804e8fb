//! Holds answers against the OpenAPI document.

use std::sync::OnceLock;

use serde_json::{Value, json};

pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap())
}

/// Fails unless the document has this status and media type at this path, and the body is what it says.
pub(crate) fn check(path: &str, status: u16, media_type: &str, body: &Value) {
    let responses = &operation(path)["responses"];
    let response = resolved(&responses[status.to_string()]);
    assert!(
        response.is_object(),
        "{path}: status {status} is not in the document: {body}"
    );
    let media_type = media_type.split(';').next().unwrap();
    let schema = &response["content"][media_type]["schema"];
    assert!(
        schema.is_object(),
        "{path}: {status} as {media_type} is not in the document: {body}"
    );
    check_schema(schema, body);
}

/// Fails unless the data of a live event is what the document says.
pub(crate) fn check_event(name: &str, data: &Value) {
    let stream = &operation("/v1/live")["responses"]["200"]["content"]["text/event-stream"];
    let schema = &stream["x-events"][name];
    assert!(schema.is_object(), "event {name} is not in the document");
    check_schema(schema, data);
}

fn check_schema(schema: &Value, body: &Value) {
    let mut schema = schema.clone();
    schema["components"] = json!({ "schemas": document()["components"]["schemas"] });
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let errors: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "not as documented: {errors:#?}\n{body:#}");
}

fn operation(path: &str) -> &'static Value {
    let paths = document()["paths"].as_object().unwrap();
    let given: Vec<&str> = path.split('/').collect();
    let same = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        template.len() == given.len()
            && template
                .iter()
                .zip(&given)
                .all(|(template, given)| template.starts_with('{') || template == given)
    };
    let found = paths.iter().find(|(template, _)| same(template));
    &found.unwrap_or_else(|| panic!("{path} is not in the document")).1["get"]
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => document().pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

#[test]
fn the_document_refers_to_nothing_that_is_not_there_and_has_nothing_unused() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    found.push(reference.to_owned());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = vec![];
    references(document(), &mut found);
    for reference in &found {
        assert!(
            document().pointer(reference.trim_start_matches('#')).is_some(),
            "{reference}"
        );
    }
    for kind in ["schemas", "parameters", "responses"] {
        for name in document()["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(found.contains(&reference), "{reference} is unused");
        }
    }
}

#[test]
fn the_documents_vocabularies_are_the_ones_of_the_schemas() {
    use parlance_schemas::labels::{Direction, Intent, Judge, Language, MessageType, Origin, Sentiment, Urgency};
    fn texts<T: ToString>(labels: &[T]) -> Value {
        labels.iter().map(ToString::to_string).collect::<Vec<_>>().into()
    }
    let documented = |name: &str| document()["components"]["schemas"][name]["enum"].clone();
    assert_eq!(documented("Intent"), texts(Intent::ALL));
    assert_eq!(documented("Sentiment"), texts(Sentiment::ALL));
    assert_eq!(documented("Urgency"), texts(Urgency::ALL));
    assert_eq!(documented("Judge"), texts(Judge::ALL));
    assert_eq!(documented("Language"), texts(Language::ALL));
    assert_eq!(documented("Direction"), texts(Direction::ALL));
    assert_eq!(documented("Origin"), texts(Origin::ALL));
    assert_eq!(documented("MessageType"), texts(MessageType::ALL));
}
