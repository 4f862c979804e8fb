//! Files up and down.

use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parlance_whatsapp::media::{Upload, limit};
use parlance_whatsapp::{Client, Error, MediaError};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::document::{MEDIA, NUMBER};
use crate::server::{Answer, Meta, Seen};

fn upload(file: &[u8], length: u64, mime_type: &str) -> Upload<Cursor<Vec<u8>>> {
    Upload {
        file: Cursor::new(file.to_vec()),
        length,
        mime_type: mime_type.to_owned(),
        filename: "a \"b\".png".to_owned(),
        animated: false,
    }
}

#[tokio::test]
async fn a_file_is_uploaded_as_a_form_of_its_exact_length() {
    let meta = Meta::start(|_| Answer::Json(200, json!({ "id": MEDIA }))).await;
    let file: Vec<u8> = (0..200_000_u32).map(|byte| byte as u8).collect();
    let id = meta
        .client()
        .upload(NUMBER, upload(&file, 200_000, "image/png"))
        .await
        .unwrap();
    assert_eq!(id, MEDIA);
    let seen = meta.seen();
    let (body, headers) = (&seen[0].body, &seen[0].headers);
    assert_eq!(headers["content-length"], body.len().to_string());
    let boundary = headers["content-type"]
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let (head, tail) = (
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.png\"\r\n\
             Content-Type: image/png\r\n\r\n"
        ),
        format!("\r\n--{boundary}--\r\n"),
    );
    assert_eq!(body[..], [head.as_bytes(), &file, tail.as_bytes()].concat());
}

#[tokio::test]
async fn what_meta_does_not_take_is_not_uploaded() {
    let meta = Meta::start(|_| Answer::Json(200, json!({ "id": MEDIA }))).await;
    let client = meta.client();
    let error = client.upload(NUMBER, upload(b"x", 1, "image/gif")).await.unwrap_err();
    assert!(matches!(error, Error::Media(MediaError::Type(kind)) if kind == "image/gif"));
    let error = client
        .upload(NUMBER, upload(b"x", 6 << 20, "image/png"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Media(MediaError::TooLarge { limit }) if limit == 5 << 20));
    let error = client
        .upload(NUMBER, upload(b"x", 1, "image/png\r\nX: y"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Media(MediaError::Type(_))));
    assert!(meta.seen().is_empty());
    assert_eq!(limit("audio/ogg; codecs=opus", false).unwrap(), 16 << 20);
    assert_eq!(limit("image/webp", true).unwrap(), 500 << 10);
    assert_eq!(limit("image/webp", false).unwrap(), 100 << 10);
    assert_eq!(limit("application/pdf", false).unwrap(), 100 << 20);
}

#[tokio::test]
async fn a_file_that_is_shorter_than_was_said_is_an_error_of_the_file() {
    let meta = Meta::start(|_| Answer::Json(200, json!({ "id": MEDIA }))).await;
    let error = meta
        .client()
        .upload(NUMBER, upload(b"abc", 10, "image/png"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Media(MediaError::Length { said: 10, got: 3 })),
        "{error:?}"
    );
    assert!(meta.seen().is_empty());
}

#[tokio::test]
async fn a_file_may_be_uploaded_for_longer_than_nothing_may_come() {
    let meta = Meta::start(|_| Answer::Json(200, json!({ "id": MEDIA }))).await;
    let mut config = meta.config();
    config.idle_timeout = Duration::from_millis(20);
    config.timeout = Duration::from_millis(20);
    let (mut writer, reader) = tokio::io::duplex(64);
    let upload = Upload {
        file: reader,
        length: 5,
        mime_type: "image/png".to_owned(),
        filename: "a.png".to_owned(),
        animated: false,
    };
    let client = Client::new(config).unwrap();
    let slowly = async {
        for byte in b"bytes" {
            tokio::time::sleep(Duration::from_millis(30)).await;
            tokio::io::AsyncWriteExt::write_all(&mut writer, &[*byte])
                .await
                .unwrap();
        }
    };
    let (uploaded, ()) = tokio::join!(client.upload(NUMBER, upload), slowly);
    assert_eq!(uploaded.unwrap(), MEDIA);
    assert_eq!(meta.seen().len(), 1);
}

const FILE: &[u8] = b"the bytes of a picture";

/// A server with one file, whose place and bytes `place` and `bytes` can change.
async fn with_file(place: fn(&mut serde_json::Value), bytes: fn(&Seen) -> Answer) -> (Meta, Client) {
    let address = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let known = std::sync::Arc::clone(&address);
    let meta = Meta::start(move |seen| {
        if seen.path.starts_with("/file/") {
            return bytes(seen);
        }
        let mut answer = json!({
            "messaging_product": "whatsapp", "id": MEDIA, "mime_type": "image/png", "file_size": FILE.len().to_string(),
            "sha256": hex::encode(Sha256::digest(FILE)), "url": format!("{}/file/1?hash=a", known.get().unwrap()),
        });
        place(&mut answer);
        Answer::Json(200, answer)
    })
    .await;
    address.set(meta.url()).unwrap();
    let mut config = meta.config();
    config.media_timeout = Duration::from_secs(5);
    config.idle_timeout = Duration::from_millis(300);
    let client = Client::new(config).unwrap();
    (meta, client)
}

fn good(_: &Seen) -> Answer {
    Answer::Raw(200, Vec::new(), FILE.to_vec())
}

async fn download(client: &Client) -> Result<Vec<u8>, Error> {
    let mut sink = Vec::new();
    client
        .download(MEDIA, Some(NUMBER), 1_000, &mut sink)
        .await
        .map(|_| sink)
}

#[tokio::test]
async fn a_file_is_found_fetched_and_checked() {
    let (meta, client) = with_file(|_| (), good).await;
    let mut sink = Vec::new();
    let got = client.download(MEDIA, Some(NUMBER), 1_000, &mut sink).await.unwrap();
    assert_eq!(
        (sink.as_slice(), got.bytes, got.mime_type.as_str()),
        (FILE, FILE.len() as u64, "image/png")
    );
    let seen = meta.seen();
    assert_eq!(seen[0].query["phone_number_id"], NUMBER);
    assert!(seen[1].headers["authorization"].starts_with("Bearer "));
    assert!(!seen[1].query.contains_key("appsecret_proof"));
}

#[tokio::test]
async fn a_hash_may_be_base64_too() {
    let (meta, client) = with_file(
        |place| {
            use base64::Engine as _;
            place["sha256"] = json!(base64::engine::general_purpose::STANDARD.encode(Sha256::digest(FILE)));
        },
        good,
    )
    .await;
    assert_eq!(download(&client).await.unwrap(), FILE);
    meta.seen();
}

#[tokio::test]
async fn other_bytes_than_metas_hash_says_are_an_error() {
    let (_meta, client) = with_file(
        |_| (),
        |_| Answer::Raw(200, Vec::new(), b"the bytes of another!!".to_vec()),
    )
    .await;
    assert!(matches!(download(&client).await, Err(Error::Media(MediaError::Hash))));
}

#[tokio::test]
async fn a_file_is_never_larger_than_the_limit_whatever_it_says_of_itself() {
    for place in [
        (|place| place["file_size"] = json!("2000")) as fn(&mut serde_json::Value),
        |place| place["file_size"] = json!("10"),
        |place| drop(place.as_object_mut().unwrap().remove("file_size")),
    ] {
        let (_meta, client) = with_file(place, |_| Answer::Endless(1 << 30)).await;
        let error = download(&client).await.unwrap_err();
        assert!(
            matches!(error, Error::Media(MediaError::TooLarge { limit: 1_000 })),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_file_that_stops_coming_is_given_up() {
    let (_meta, client) = with_file(|_| (), |_| Answer::Stalled(b"the".to_vec())).await;
    let error = download(&client).await.unwrap_err();
    assert!(matches!(error, Error::Unanswered { .. }), "{error:?}");
}

#[tokio::test]
async fn the_token_goes_to_metas_hosts_only() {
    for place in [
        (|place| place["url"] = json!("https://example.com/file")) as fn(&mut serde_json::Value),
        |place| place["url"] = json!("https://evilfbsbx.com/file"),
        |place| place["url"] = json!("http://lookaside.fbsbx.com/file"),
        |place| place["url"] = json!("https://169.254.169.254/latest"),
        |place| place["url"] = json!("https://u:p@lookaside.fbsbx.com/file"),
        |place| place["url"] = json!("nonsense"),
    ] {
        let (_meta, client) = with_file(place, good).await;
        assert!(matches!(
            download(&client).await,
            Err(Error::Media(MediaError::Place(_)))
        ));
    }
}

#[tokio::test]
async fn a_url_that_has_run_out_is_asked_for_once_more() {
    static FETCHED: AtomicUsize = AtomicUsize::new(0);
    let (meta, client) = with_file(
        |_| (),
        |seen| match FETCHED.fetch_add(1, Ordering::SeqCst) {
            0 => Answer::Raw(404, Vec::new(), Vec::new()),
            _ => good(seen),
        },
    )
    .await;
    assert_eq!(download(&client).await.unwrap(), FILE);
    assert_eq!(meta.seen().len(), 4);
}

#[tokio::test]
async fn a_file_is_deleted() {
    let meta = Meta::start(|_| Answer::Json(200, json!({ "success": true }))).await;
    meta.client().delete_file(MEDIA, Some(NUMBER)).await.unwrap();
    assert_eq!(meta.seen()[0].method, "DELETE");
}
