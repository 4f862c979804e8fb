//! Templates, numbers, subscriptions, tokens.

use parlance_service::config::Secret;
use parlance_whatsapp::templates::{Category, Delete, Draft, DraftButton, ParameterFormat, Part, TemplateStatus};
use parlance_whatsapp::{Class, Error};
use serde_json::{Value, json};

use crate::document::{ACCOUNT, NUMBER, TEMPLATE};
use crate::server::{Answer, Meta, TOKEN, graph_error};

fn template(name: &str) -> Value {
    json!({
        "id": TEMPLATE, "name": name, "language": "en_US", "status": "APPROVED", "category": "UTILITY",
        "parameter_format": "POSITIONAL", "quality_score": { "score": "GREEN", "date": 1_760_000_000 },
        "components": [{ "type": "BODY", "text": "Hello {{1}}, your order is here." }],
    })
}

#[tokio::test]
async fn templates_are_read_page_after_page_by_the_cursor() {
    let meta = Meta::start(|seen| {
        let page: usize = seen.query.get("after").map_or(0, |after| after.parse().unwrap());
        let mut paging = json!({ "cursors": { "before": page.to_string(), "after": (page + 1).to_string() } });
        if page < 2 {
            paging["next"] = json!("https://elsewhere.example/?access_token=stolen");
        }
        Answer::Json(
            200,
            json!({ "data": [template(&format!("t{page}"))], "paging": paging }),
        )
    })
    .await;
    let templates = meta.client().templates(ACCOUNT, Some("t")).await.unwrap();
    let names: Vec<&str> = templates.iter().map(|template| template.name.as_str()).collect();
    assert_eq!(names, ["t0", "t1", "t2"]);
    assert_eq!(templates[0].status, TemplateStatus::Approved);
    assert_eq!(templates[0].quality_score.as_ref().unwrap().score, "GREEN");
    let seen = meta.seen();
    assert_eq!(seen.len(), 3);
    assert!(
        seen.iter()
            .all(|request| request.query["name"] == "t" && request.query["limit"] == "100")
    );
}

#[tokio::test]
async fn pages_that_go_in_a_circle_end() {
    let meta = Meta::start(|_| {
        let paging = json!({ "cursors": { "after": "same" }, "next": "https://elsewhere.example/" });
        Answer::Json(200, json!({ "data": [template("t")], "paging": paging }))
    })
    .await;
    let error = meta.client().templates(ACCOUNT, None).await.unwrap_err();
    assert!(matches!(error, Error::NotUnderstood(_)), "{error}");
    assert_eq!(meta.seen().len(), 2);
}

#[tokio::test]
async fn a_word_of_metas_that_is_new_does_not_hide_the_templates() {
    let meta = Meta::start(|_| {
        let mut new = template("t");
        new["status"] = json!("ON_HOLIDAY");
        new["category"] = json!("MARKETING_LITE");
        new["surplus"] = json!([1, 2]);
        Answer::Json(200, json!({ "data": [new] }))
    })
    .await;
    let templates = meta.client().templates(ACCOUNT, None).await.unwrap();
    assert_eq!(templates[0].status, TemplateStatus::Other("ON_HOLIDAY".to_owned()));
    assert_eq!(templates[0].category, Category::Other("MARKETING_LITE".to_owned()));
}

pub(crate) fn draft() -> Draft {
    let text = |text: &str| text.to_owned();
    Draft {
        name: text("order_update"),
        language: text("en_US"),
        category: Category::Utility,
        parameter_format: ParameterFormat::Positional,
        components: vec![
            Part::HeaderText {
                text: text("Order {{1}}"),
                sample: Some((text("1"), text("77"))),
            },
            Part::Body {
                text: text("Hello {{1}}, your order will be with you on {{2}} as agreed."),
                samples: vec![(text("1"), text("Ada")), (text("2"), text("Monday"))],
            },
            Part::Footer(text("Tea House")),
            Part::Buttons(vec![
                DraftButton::QuickReply { text: text("Thanks") },
                DraftButton::Url {
                    text: text("Track"),
                    url: text("https://example.com/{{1}}"),
                    sample: Some(text("https://example.com/77")),
                },
            ]),
        ],
    }
}

#[tokio::test]
async fn a_template_is_created_read_edited_and_deleted() {
    let meta = Meta::start(|seen| {
        Answer::Json(
            200,
            match (seen.method.as_str(), seen.path.ends_with("message_templates")) {
                ("POST", true) => json!({ "id": TEMPLATE, "status": "PENDING", "category": "MARKETING" }),
                ("GET", false) => template("order_update"),
                _ => json!({ "success": true }),
            },
        )
    })
    .await;
    let client = meta.client();
    let created = client.create_template(ACCOUNT, &draft()).await.unwrap();
    assert_eq!(
        (created.id.as_str(), created.status),
        (TEMPLATE, TemplateStatus::Pending)
    );
    assert_eq!(created.category, Some(Category::Marketing));
    assert_eq!(client.template(TEMPLATE).await.unwrap().name, "order_update");
    let named = [Part::Body {
        text: "Hello {{first_name}}, it is here.".to_owned(),
        samples: vec![("first_name".to_owned(), "Ada".to_owned())],
    }];
    client
        .edit_template(TEMPLATE, &named, ParameterFormat::Named)
        .await
        .unwrap();
    let name = "order_update".to_owned();
    let id = TEMPLATE.to_owned();
    client
        .delete_templates(ACCOUNT, &Delete::Name(name.clone()))
        .await
        .unwrap();
    client
        .delete_templates(ACCOUNT, &Delete::One { name, id: id.clone() })
        .await
        .unwrap();
    client.delete_templates(ACCOUNT, &Delete::Ids(vec![id])).await.unwrap();
    let too_many = Delete::Ids(vec!["1".to_owned(); 101]);
    assert!(matches!(
        client.delete_templates(ACCOUNT, &too_many).await,
        Err(Error::Settings(_))
    ));

    let seen = meta.seen();
    assert_eq!(
        seen[0].json(),
        json!({
            "name": "order_update", "language": "en_US", "category": "UTILITY", "parameter_format": "POSITIONAL",
            "components": [
                { "type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": { "header_text": ["77"] } },
                {
                    "type": "BODY", "text": "Hello {{1}}, your order will be with you on {{2}} as agreed.",
                    "example": { "body_text": [["Ada", "Monday"]] },
                },
                { "type": "FOOTER", "text": "Tea House" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Thanks" },
                    {
                        "type": "URL", "text": "Track", "url": "https://example.com/{{1}}",
                        "example": ["https://example.com/77"],
                    },
                ] },
            ],
        })
    );
    let sample = json!({ "body_text_named_params": [{ "param_name": "first_name", "example": "Ada" }] });
    assert_eq!(seen[2].json()["components"][0]["example"], sample);
    assert_eq!(
        (seen[3].query["name"].as_str(), seen[3].query.get("hsm_id")),
        ("order_update", None)
    );
    assert_eq!(seen[4].query["hsm_id"], TEMPLATE);
    assert_eq!(seen[5].query["hsm_ids"], format!("[\"{TEMPLATE}\"]"));
    assert_eq!(seen.len(), 6);
}

#[tokio::test]
async fn a_numbers_health_and_limits_are_read() {
    let meta = Meta::start(|_| {
        Answer::Json(
            200,
            json!({
                "id": NUMBER, "display_phone_number": "+250 788 123 200", "quality_rating": "GREEN", "status": "CONNECTED",
                "throughput": { "level": "HIGH" }, "messaging_limit_tier": "TIER_1K",
                "whatsapp_business_manager_messaging_limit": "TIER_10K",
                "health_status": { "can_send_message": "BLOCKED", "entities": [{
                    "entity_type": "WABA", "id": ACCOUNT, "can_send_message": "BLOCKED",
                    "errors": [{ "error_code": 141_006, "error_description": "no payment", "possible_solution": "pay" }],
                }] },
            }),
        )
    })
    .await;
    let number = meta.client().number(NUMBER).await.unwrap();
    assert_eq!(number.messaging_limit(), Some(10_000));
    assert_eq!(number.messages_per_second(), 1_000);
    let health = number.health_status.unwrap();
    assert_eq!(
        (
            health.can_send_message.as_str(),
            health.entities[0].errors[0].error_code
        ),
        ("BLOCKED", 141_006)
    );
    assert!(meta.seen()[0].query["fields"].contains("throughput"));
}

#[test]
fn limits_are_read_in_either_shape() {
    let limit = |json: Value| {
        serde_json::from_value::<parlance_whatsapp::number::Number>(json)
            .unwrap()
            .messaging_limit()
    };
    assert_eq!(limit(json!({ "messaging_limit_tier": "TIER_250" })), Some(250));
    assert_eq!(
        limit(json!({ "whatsapp_business_manager_messaging_limit": { "current_limit": "TIER_2K" } })),
        Some(2_000)
    );
    assert_eq!(
        limit(json!({ "messaging_limit_tier": "TIER_UNLIMITED" })),
        Some(u32::MAX)
    );
    assert_eq!(limit(json!({ "messaging_limit_tier": "TIER_NOT_SET" })), None);
    assert_eq!(limit(json!({})), None);
}

#[tokio::test]
async fn subscriptions_are_read_in_either_shape() {
    let meta = Meta::start(|_| {
        Answer::Json(
            200,
            json!({ "data": [
                { "id": "1", "name": "Ours" },
                { "whatsapp_business_api_data": { "id": "2", "name": "Theirs", "link": "https://x" },
                  "override_callback_uri": "https://example.com/hook" },
            ] }),
        )
    })
    .await;
    let apps = meta.client().subscribed_apps(ACCOUNT).await.unwrap();
    assert_eq!((apps[0].id.as_str(), apps[1].id.as_str()), ("1", "2"));
    assert_eq!(
        apps[1].override_callback_uri.as_deref(),
        Some("https://example.com/hook")
    );
    meta.seen();
}

#[tokio::test]
async fn a_token_is_judged_by_what_it_permits_and_where() {
    let meta = Meta::start(|_| {
        Answer::Json(
            200,
            json!({ "data": {
                "app_id": "1", "type": "SYSTEM_USER", "is_valid": true, "expires_at": 0,
                "scopes": ["whatsapp_business_messaging", "whatsapp_business_management"],
                "granular_scopes": [
                    { "scope": "whatsapp_business_messaging", "target_ids": [ACCOUNT] },
                    { "scope": "whatsapp_business_management" },
                ],
            } }),
        )
    })
    .await;
    let state = meta.client().debug_token(&Secret::new(TOKEN)).await.unwrap();
    assert!(
        state.permits("whatsapp_business_messaging", ACCOUNT) && !state.permits("whatsapp_business_messaging", "9")
    );
    assert!(state.permits("whatsapp_business_management", "9") && !state.permits("catalog_management", ACCOUNT));
    assert_eq!(meta.seen()[0].query["input_token"], TOKEN);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_an_illness_of_the_integration() {
    let meta = Meta::start(|_| graph_error(401, 190)).await;
    let Err(Error::Refused(error)) = meta.client().number(NUMBER).await else {
        panic!()
    };
    assert_eq!(error.class, Class::Unhealthy(parlance_schemas::failures::Cause::Token));
}
