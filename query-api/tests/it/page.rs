//! The dashboard's page, the document, and what browsers are told about both.

use crate::fixture::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_at_its_own_addresses_with_a_strict_policy() {
    let house = House::start().await;
    for path in ["/", "/index.html", "/messages", "/settings/deep/link"] {
        let response = house.raw(path).await;
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("cache-control"), "no-cache");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("script-src 'self' 'unsafe"), "{policy}");
        let page = response.text().await.unwrap();
        assert!(page.contains("Parlance"), "{page}");
        assert!(!page.contains("<script>"), "an inline script would be blocked");
        for asset in page.split('"').filter(|text| text.starts_with("/assets/")) {
            let response = house.raw(asset).await;
            assert_eq!(response.status(), 200, "{asset}");
            assert_eq!(
                response.headers()["cache-control"],
                "public, max-age=31536000, immutable"
            );
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_and_document_are_sent_again_only_when_they_changed() {
    let house = House::start().await;
    for path in ["/", "/openapi.json"] {
        let tag = house.raw(path).await.headers()["etag"].clone();
        let again = async |tag: &str| {
            let request = reqwest::Client::new().get(format!("{}{path}", house.url));
            request.header("if-none-match", tag).send().await.unwrap()
        };
        let same = again(&format!("W/\"other\", {}", tag.to_str().unwrap())).await;
        assert_eq!(
            (same.status().as_u16(), same.text().await.unwrap().len()),
            (304, 0),
            "{path}"
        );
        assert_eq!(again("\"other\"").await.status(), 200, "{path}");
    }
    assert_eq!(house.get("/openapi.json").await, *crate::document::document());
    house.stop().await;
}
