//! Refusals: by whom, for what, and in which form.

use std::time::Duration;

use parlance_query_api::Config;
use parlance_service::config::ClickHouseConfig;
use serde_json::Value;

use crate::document;
use crate::fixture::{House, config, eventually, serve};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_repeated_and_unreadable_parameters_are_refused_by_name_everywhere() {
    let house = House::start().await;
    for path in [
        "/v1/overview",
        "/v1/messages",
        "/v1/messages/1/2",
        "/v1/metrics",
        "/v1/integrations",
        "/v1/contacts",
        "/v1/account-events",
        "/v1/live",
        "/openapi.json",
    ] {
        assert_eq!(
            house.refused(&format!("{path}?nonsense=1&nonsense=2")).await,
            ["nonsense"],
            "{path}"
        );
    }
    assert_eq!(house.refused("/v1/messages?contact=a&contact=b").await, ["contact"]);
    assert_eq!(
        house.refused("/v1/messages?from=yesterday&intent=x&limit=many").await,
        ["from", "intent", "limit"]
    );
    assert_eq!(house.refused("/v1/messages?q=").await, ["q"]);
    assert_eq!(
        house.refused(&format!("/v1/messages?q={}", "x".repeat(201))).await,
        ["q"]
    );
    assert_eq!(house.refused("/v1/messages?q=%FF").await, ["q"]);
    assert_eq!(house.refused("/v1/messages?q=a%00b").await, ["q"]);
    let many = "integration=1&".repeat(21);
    assert_eq!(house.refused(&format!("/v1/messages?{many}")).await, ["integration"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_methods_and_paths_are_problems_too() {
    let house = House::start().await;
    let client = reqwest::Client::new();
    let response = client.post(format!("{}/v1/messages", house.url)).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"GET, HEAD".parse().unwrap())
    );
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    for path in ["/v1/nothing", "/v1", "/v1/messages/1", "/nothing.js", "/%ff.js"] {
        let response = house.raw(path).await;
        assert_eq!(response.status(), 404, "{path}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], "urn:parlance:problem:not-found", "{path}");
    }
    let head = client.head(format!("{}/v1/messages", house.url)).send().await.unwrap();
    assert_eq!(
        (
            head.status().as_u16(),
            head.headers()["cache-control"].to_str().unwrap()
        ),
        (200, "no-store")
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_names_are_refused_and_no_origin_is_let_in() {
    let house = House::start_with(Config {
        allowed_hosts: vec!["parlance.example".to_owned()],
        ..config()
    })
    .await;
    let client = reqwest::Client::new();
    let ask = async |path: &str, host: &str| {
        client
            .get(format!("{}{path}", house.url))
            .header("host", host)
            .send()
            .await
            .unwrap()
    };
    for path in ["/v1/messages", "/", "/openapi.json", "/metrics", "/healthz"] {
        let response = ask(path, "evil.example").await;
        assert_eq!(response.status(), 421, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(ask(path, "localhost:9").await.status(), 200, "{path}");
        assert_eq!(ask(path, "parlance.example").await.status(), 200, "{path}");
    }
    let body: Value = ask("/v1/messages", "evil.example").await.json().await.unwrap();
    document::check("/v1/messages", 421, "application/problem+json", &body);
    let response = client
        .get(format!("{}/v1/messages", house.url))
        .header("origin", "http://evil.example")
        .send()
        .await
        .unwrap();
    assert!(
        !response
            .headers()
            .keys()
            .any(|name| name.as_str().starts_with("access-control"))
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_clickhouse_it_lives_is_not_ready_and_says_so() {
    // A port that nobody listens at.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let clickhouse = ClickHouseConfig {
        url: format!("http://{free}"),
        ..ClickHouseConfig::default()
    };
    let (url, shutdown, task) = serve(config(), clickhouse).await;
    let ask = async |path: &str| reqwest::get(format!("{url}{path}")).await.unwrap();
    assert_eq!(ask("/healthz").await.status(), 200);
    eventually("an honest readiness", async || {
        let body: Value = ask("/readyz").await.json().await.unwrap();
        document::check("/readyz", 503, "application/problem+json", &body);
        body["detail"] == "ClickHouse does not answer"
    })
    .await;
    for path in ["/v1/messages", "/v1/overview", "/v1/live"] {
        let response = ask(path).await;
        assert_eq!(
            (
                response.status().as_u16(),
                response.headers().contains_key("retry-after")
            ),
            (503, true),
            "{path}"
        );
        let body: Value = response.json().await.unwrap();
        document::check(path, 503, "application/problem+json", &body);
    }
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), task)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_takes_too_long_is_422_and_harms_no_other() {
    let house = House::start_with(Config {
        query_timeout: Duration::from_millis(100),
        ..config()
    })
    .await;
    // A table that is slow to read: every row sleeps.
    house.execute("DROP TABLE contacts").await;
    house
        .execute(
            "CREATE VIEW contacts AS SELECT '1' AS waba_id, toString(number) AS contact_id, \
             tuple(now64(3), toString(sleepEachRow(0.05))) AS name, name AS username, name AS wa_id, name AS user_id, \
             now64(3) AS first_seen_at, now64(3) AS last_seen_at FROM numbers(50) SETTINGS max_block_size = 1",
        )
        .await;
    let (status, problem) = house.ask("/v1/contacts").await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (422, Some("urn:parlance:problem:query-too-expensive"))
    );
    house.get("/v1/messages").await;
    house.stop().await;
}

#[tokio::test]
async fn a_limit_out_of_bounds_ends_the_service_with_its_name() {
    let config = Config { queries: 0, ..config() };
    let (_, _, task) = serve(config, ClickHouseConfig::default()).await;
    let error = task.await.unwrap().unwrap_err().to_string();
    assert!(error.contains("queries"), "{error}");
}
