//! Meta's OpenAPI document (v23.0) as the judge of requests and answers. It is not part of the project; without it the
//! tests say so and go on unjudged.
//!
//! The document cannot be used as it stands: [`mend`] lists each place where it contradicts itself or is older than what
//! Meta's pages describe. Everything else counts as written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Ids by which tests and document name things.
pub(crate) const NUMBER: &str = "106540352242922";
pub(crate) const ACCOUNT: &str = "102290129340398";
pub(crate) const MEDIA: &str = "4490709327384033";
pub(crate) const TEMPLATE: &str = "1627019861106475";

/// Parameters that Meta's pages describe and the document does not list, by the operation's path.
const OTHER_PARAMETERS: &[(&str, &[&str])] = &[
    // https://developers.facebook.com/docs/graph-api/results (cursors), …/whats-app-business-account/message_templates
    (
        "/{Version}/{WABA-ID}/message_templates",
        &["fields", "limit", "after", "hsm_ids"],
    ),
    ("/{Version}/{TEMPLATE_ID}", &["fields"]),
];

/// The document, or none when it is not here.
pub(crate) fn document() -> Option<&'static Value> {
    static DOCUMENT: OnceLock<Option<Value>> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let shared = std::env::var_os("PARLANCE_SHARED").map_or_else(
                || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
                PathBuf::from,
            );
            let path = shared.join("specs/meta-business-messaging-v23.yaml");
            let Ok(text) = std::fs::read_to_string(&path) else {
                println!(
                    "skipped: requests are not held against Meta's document: no {} (set PARLANCE_SHARED)",
                    path.display()
                );
                return None;
            };
            let mut document: Value = yaml_serde::from_str(&text).expect("Meta's document is YAML");
            mend(&mut document);
            Some(document)
        })
        .as_ref()
}

fn mend(document: &mut Value) {
    let schemas = document["components"]["schemas"]
        .as_object_mut()
        .expect("it has schemas");
    // `allOf` of the common members and a part that allows none but its own allows nothing at all: what is meant is that
    // both together are all.
    for schema in schemas.values_mut() {
        let mut closed = false;
        for part in schema["allOf"].as_array_mut().into_iter().flatten() {
            closed |= part
                .as_object_mut()
                .and_then(|part| part.remove("additionalProperties"))
                == Some(json!(false));
        }
        if closed {
            schema["unevaluatedProperties"] = json!(false);
        }
    }
    // Newer than the document: recipients by user id, and the data that come back with each status.
    let base = &mut schemas["BaseMessageProperties"];
    base["properties"]["recipient"] = json!({ "type": "string" });
    base["properties"]["biz_opaque_callback_data"] = json!({ "type": "string", "maxLength": 512 });
    base["required"] = json!(["messaging_product", "recipient_type", "type"]);
    base["anyOf"] = json!([{ "required": ["to"] }, { "required": ["recipient"] }]);
    // `^[2-6, 11-14]$` is one character of a set without 0, which the document's own examples have.
    for component in ["TemplateComponent", "ButtonComponent"] {
        let schema = &mut schemas[component];
        let schema = if component == "ButtonComponent" {
            &mut schema["allOf"][1]
        } else {
            schema
        };
        schema["properties"]["index"]["pattern"] = json!("^[0-9]$");
        schema["properties"]["sub_type"]["enum"] = json!(["quick_reply", "url", "catalog", "copy_code", "flow"]);
    }
    // Kinds of interactive messages and parameters that have their own pages.
    let kinds = schemas["InteractiveObject"]["properties"]["type"]["enum"]
        .as_array_mut()
        .expect("it is a list");
    for kind in [
        "cta_url",
        "location_request_message",
        "address_message",
        "carousel",
        "request_contact_info",
    ] {
        kinds.push(json!(kind));
    }
    let actions = schemas["ActionObject"]["oneOf"].as_array_mut().expect("it is a list");
    let named = |name: &str, required: Value, parameters: Value| {
        json!({
            "required": required, "additionalProperties": false,
            "properties": { "name": { "const": name }, "parameters": parameters },
        })
    };
    let link = json!({
        "type": "object", "required": ["display_text", "url"], "additionalProperties": false,
        "properties": { "display_text": { "type": "string", "maxLength": 20 }, "url": { "type": "string", "format": "uri" } },
    });
    let address = json!({
        "type": "object", "required": ["country"], "additionalProperties": false,
        "properties": {
            "country": { "enum": ["IN", "SG"] }, "values": { "type": "object" }, "validation_errors": { "type": "object" },
        },
    });
    actions.push(named("cta_url", json!(["name", "parameters"]), link.clone()));
    actions.push(named("send_location", json!(["name"]), json!(false)));
    actions.push(named("request_contact_info", json!(["name"]), json!(false)));
    actions.push(named("address_message", json!(["name", "parameters"]), address));
    actions.push(json!({
        "required": ["cards"], "additionalProperties": false,
        "properties": { "cards": { "type": "array", "minItems": 2, "maxItems": 10, "items": {
            "type": "object", "required": ["card_index", "type", "header", "action"], "additionalProperties": false,
            "properties": {
                "card_index": { "type": "integer" }, "type": { "const": "cta_url" },
                "header": { "$ref": "#/components/schemas/HeaderObject" },
                "body": { "$ref": "#/components/schemas/BodyObject" },
                "action": named("cta_url", json!(["name", "parameters"]), link),
            },
        } } },
    }));
    let by_its_own = |name: &str, member: &str, schema: Value| json!({ "type": "object", "required": ["type", member], "properties": { "type": { "const": name }, member: schema } });
    let place = json!({ "$ref": "#/components/schemas/LocationMessage/allOf/1/properties/location" });
    let parameters = [
        ("ParameterObject", "location", "location", place),
        (
            "ButtonParameterObject",
            "coupon_code",
            "coupon_code",
            json!({ "type": "string", "maxLength": 15 }),
        ),
        (
            "ButtonParameterObject",
            "action",
            "action",
            json!({ "type": "object", "minProperties": 1 }),
        ),
    ];
    for (parent, name, member, schema) in parameters {
        let own = format!("Own_{parent}_{name}");
        schemas[parent]["discriminator"]["mapping"][name] = json!(format!("#/components/schemas/{own}"));
        schemas[parent]["properties"]["type"]["enum"]
            .as_array_mut()
            .expect("it is a list")
            .push(json!(name));
        schemas.insert(own, by_its_own(name, member, schema));
    }
    // A discriminator says nothing to a JSON Schema: what it means is one of the kinds.
    for parent in ["TemplateComponent", "ParameterObject", "ButtonParameterObject"] {
        let mut base = schemas[parent].clone();
        let kinds = base
            .as_object_mut()
            .and_then(|base| base.remove("discriminator"))
            .expect("it has one");
        let kinds: Vec<Value> = kinds["mapping"]
            .as_object()
            .expect("kinds")
            .values()
            .map(|kind| json!({ "$ref": kind }))
            .collect();
        let plain = format!("Plain_{parent}");
        for schema in schemas.values_mut() {
            for part in schema["allOf"].as_array_mut().into_iter().flatten() {
                if part["$ref"] == format!("#/components/schemas/{parent}") {
                    part["$ref"] = json!(format!("#/components/schemas/{plain}"));
                }
            }
        }
        schemas.insert(plain, base);
        schemas.insert(parent.to_owned(), json!({ "oneOf": kinds }));
    }
    // Indexing has left nulls where there was no `allOf`.
    for schema in schemas.values_mut() {
        if let Some(schema) = schema.as_object_mut() {
            schema.retain(|_, value| !value.is_null());
        }
    }
}

/// The document's path of an address, and its operation.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<(&'a str, &'a Value)> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (_, rest) = parts.split_first()?;
    let named: Vec<&str> = rest
        .iter()
        .map(|part| match *part {
            NUMBER => "{Phone-Number-ID}",
            ACCOUNT => "{WABA-ID}",
            MEDIA => "{Media-ID}",
            TEMPLATE => "{TEMPLATE_ID}",
            part => part,
        })
        .collect();
    let wanted = format!("/{{Version}}/{}", named.join("/"));
    let (path, item) = document["paths"]
        .as_object()?
        .iter()
        .find(|(path, _)| **path == wanted)?;
    Some((path, item.get(method.to_lowercase())?))
}

/// What is wrong with a request, as the document sees it.
pub(crate) fn judge_request(
    method: &str,
    path: &str,
    query: &BTreeMap<String, String>,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Vec<String> {
    let Some(document) = document() else { return Vec::new() };
    let Some((template, operation)) = operation(document, method, path) else {
        // https://developers.facebook.com/docs/graph-api/reference/debug_token: not WhatsApp's own, so not in there.
        return if path.ends_with("/debug_token") {
            Vec::new()
        } else {
            vec![format!("{method} {path} is not in the document")]
        };
    };
    let mut wrong = Vec::new();
    let item = &document["paths"][template]["parameters"];
    let listed: Vec<&Value> = [item, &operation["parameters"]]
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(at) => document.pointer(at.trim_start_matches('#')).expect("it is there"),
            None => parameter,
        })
        .collect();
    for parameter in &listed {
        let name = parameter["name"].as_str().expect("it has a name");
        let given = match parameter["in"].as_str() {
            Some("header") => headers.get(&name.to_lowercase()),
            Some("query") => query.get(name),
            _ => continue,
        };
        match given {
            None if parameter["required"] == true => wrong.push(format!("{name} is missing")),
            None => {}
            Some(given) => wrong.extend(judge(&parameter["schema"], &json!(given))),
        }
    }
    let others = OTHER_PARAMETERS
        .iter()
        .find(|(path, _)| *path == template)
        .map_or(&[][..], |(_, names)| names);
    for name in query
        .keys()
        .filter(|name| *name != "appsecret_proof" && !others.contains(&name.as_str()))
    {
        if !listed
            .iter()
            .any(|parameter| parameter["name"] == **name && parameter["in"] == "query")
        {
            wrong.push(format!("query parameter {name} is not in the document"));
        }
    }
    let media_type = headers
        .get("content-type")
        .map_or("", |kind| kind.split(';').next().unwrap_or_default());
    let content = &operation["requestBody"]["content"];
    match (content.is_object(), body.is_empty()) {
        (true, _) if media_type == "multipart/form-data" && content[media_type].is_object() => {}
        (true, _) => match serde_json::from_slice::<Value>(body) {
            // The same path also takes this, which the document has as a schema of its own.
            Ok(body) if body.get("status").is_some() => {
                wrong.extend(judge(
                    &json!({ "$ref": "#/components/schemas/MarkMessageRequestPayload" }),
                    &body,
                ));
            }
            Ok(body) if content[media_type]["schema"].is_object() => {
                wrong.extend(judge(&content[media_type]["schema"], &body))
            }
            _ => wrong.push(format!("a body of {media_type} is not in the document")),
        },
        (false, false) => wrong.push("it has a body".to_owned()),
        (false, true) => {}
    }
    wrong
}

/// What is wrong with a good answer: the server must not be more lenient than Meta.
pub(crate) fn judge_answer(method: &str, path: &str, status: u16, body: &[u8]) -> Vec<String> {
    let Some((_, operation)) = document().and_then(|document| operation(document, method, path)) else {
        return Vec::new();
    };
    let schema = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
    match serde_json::from_slice(body) {
        Ok(body) if schema.is_object() => judge(schema, &body),
        _ => vec![format!("{method} {path}: no such answer in the document")],
    }
}

/// What is wrong with a message, as the document sees it.
pub(crate) fn judge_message(message: &Value) -> Vec<String> {
    match document() {
        Some(_) => judge(&json!({ "$ref": "#/components/schemas/Message" }), message),
        None => Vec::new(),
    }
}

fn judge(schema: &Value, instance: &Value) -> Vec<String> {
    static MADE: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let made = MADE.lock().unwrap().get(&schema.to_string()).cloned();
    let validator = made.unwrap_or_else(|| {
        let mut whole = schema.clone();
        whole["components"] = json!({ "schemas": document().expect("only called with one")["components"]["schemas"] });
        let options = jsonschema::options().should_validate_formats(true);
        let validator = Arc::new(options.build(&whole).expect("it is a schema"));
        MADE.lock().unwrap().insert(schema.to_string(), Arc::clone(&validator));
        validator
    });
    let errors = validator.iter_errors(instance);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_judge_refuses_what_meta_would() {
    if document().is_none() {
        return;
    }
    let headers: BTreeMap<String, String> = [
        ("authorization", "Bearer EAAG123"),
        ("content-type", "application/json"),
        ("user-agent", "parlance/0.1.0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let path = format!("/v23.0/{NUMBER}/messages");
    let wrong =
        |body: Value| !judge_request("POST", &path, &BTreeMap::new(), &headers, body.to_string().as_bytes()).is_empty();
    let good = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+250788123200",
        "type": "text", "text": { "body": "hi" },
    });
    assert!(!wrong(good.clone()));
    for (member, value) in [
        ("to", Value::Null),
        ("type", json!("txt")),
        ("text", json!({ "body": 7 })),
        ("text", json!({ "body": "hi", "colour": "red" })),
        ("recipient_type", json!("person")),
        ("surplus", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[member] = value.clone();
        assert!(wrong(bad), "{member}: {value}");
    }
    let template = |components: Value| {
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+250788123200", "type": "template",
            "template": { "name": "a", "language": { "policy": "deterministic", "code": "en" }, "components": components },
        })
    };
    assert!(!wrong(template(
        json!([{ "type": "body", "parameters": [{ "type": "text", "text": "x" }] }])
    )));
    assert!(wrong(template(
        json!([{ "type": "body", "parameters": [{ "type": "text" }] }])
    )));
    assert!(wrong(template(
        json!([{ "type": "body", "parameters": [{ "type": "coupon_code", "coupon_code": "x" }] }])
    )));
    assert!(wrong(template(
        json!([{ "type": "button", "sub_type": "url", "index": 0, "parameters": [] }])
    )));
    assert!(
        !judge_request(
            "POST",
            &path,
            &BTreeMap::new(),
            &BTreeMap::new(),
            good.to_string().as_bytes()
        )
        .is_empty()
    );
    assert!(!judge_request("POST", "/v23.0/1/nothing", &BTreeMap::new(), &headers, b"{}").is_empty());
    assert!(!judge_answer("POST", &path, 200, br#"{"messages":{"id":"x"}}"#).is_empty());
}
