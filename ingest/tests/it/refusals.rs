//! Every wrong request gets its status at once, is counted as what it is, and leaves nothing behind.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use crate::door::{PATH, SECRET, ended, head, messages, open_alone, read_answer, sign};
use crate::topic::stored;

const SIGNATURE: &str = "X-Hub-Signature-256";

#[tokio::test]
async fn wrong_requests_get_their_status_are_counted_and_leave_nothing_behind() {
    let door = open_alone(|_| {}).await;
    let body = messages(&[("491", "wamid.1")]).into_bytes();
    let mut flipped = body.clone();
    flipped[40] ^= 1;
    let good = sign(SECRET, &body);
    let other = sign("another secret", &body);
    let no_prefix = good.replace("sha256=", "");
    let sha1 = good.replace("sha256=", "sha1=");
    let no_hex = good.replace("sha256=", "sha256=zz");
    let long = [good.as_str(), "00"].concat();
    let too_large = vec![b' '; 3 * 1024 * 1024 + 1];
    let too_large_signature = sign(SECRET, &too_large);

    type Case<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, &'a [u8], u16, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &other)],
            &body,
            401,
            "signature_mismatch",
        ),
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &good)],
            &flipped,
            401,
            "signature_mismatch",
        ),
        ("POST", PATH, vec![(SIGNATURE, &good)], b"", 401, "signature_mismatch"),
        ("POST", PATH, vec![], &body, 401, "signature_missing"),
        (
            "POST",
            PATH,
            vec![("X-Hub-Signature", &sha1)],
            &body,
            401,
            "signature_missing",
        ),
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &no_prefix)],
            &body,
            401,
            "signature_malformed",
        ),
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &sha1)],
            &body,
            401,
            "signature_malformed",
        ),
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &no_hex)],
            &body,
            401,
            "signature_malformed",
        ),
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &long)],
            &body,
            401,
            "signature_malformed",
        ),
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &good), (SIGNATURE, &good)],
            &body,
            401,
            "signature_malformed",
        ),
        (
            "POST",
            PATH,
            vec![(SIGNATURE, &too_large_signature)],
            &too_large,
            413,
            "body_too_large",
        ),
        ("PUT", PATH, vec![(SIGNATURE, &good)], &body, 405, "method_not_allowed"),
        ("DELETE", PATH, vec![], b"", 405, "method_not_allowed"),
        (
            "POST",
            "/webhooks/whatsap",
            vec![(SIGNATURE, &good)],
            &body,
            404,
            "not_found",
        ),
        ("POST", "/", vec![(SIGNATURE, &good)], &body, 404, "not_found"),
    ];
    for (method, path, headers, body, status, outcome) in cases {
        let before = ended(outcome);
        let started = Instant::now();
        let answer = door.ask(method, path, &headers, body).await;
        let took = started.elapsed();
        assert_eq!(answer.status, status, "{method} {path} {headers:?}: {answer:?}");
        assert_eq!(ended(outcome) - before, 1.0, "{outcome} was not counted");
        assert!(took < Duration::from_secs(1), "{outcome} took {took:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{answer:?}"
        );
        if status == 405 {
            assert_eq!(answer.header("allow"), Some("GET, POST"));
        }
    }

    let before = ended("body_too_large");
    let answer = chunked(&door, &too_large, &too_large_signature).await;
    assert_eq!((answer.status, ended("body_too_large") - before), (413, 1.0));

    assert!(stored(&door.kafka, "events").await.is_empty());
    assert!(stored(&door.kafka, "ingest.dead").await.is_empty());
    door.close().await.unwrap();
}

/// Posts without `Content-Length`, in pieces.
pub(crate) async fn chunked(door: &crate::door::Door, body: &[u8], signature: &str) -> crate::door::Answer {
    let mut stream = door.connect().await;
    let headers = [(SIGNATURE, signature), ("Transfer-Encoding", "chunked")];
    stream.write_all(head("POST", PATH, &headers).as_bytes()).await.unwrap();
    stream.write_all(b"\r\n").await.unwrap();
    for piece in body.chunks(100_000) {
        stream
            .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .await
            .unwrap();
        stream.write_all(piece).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    read_answer(&mut stream).await
}
