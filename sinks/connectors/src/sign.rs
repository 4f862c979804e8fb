//! Standard Webhooks' symmetric signatures: HMAC-SHA256 of `id.timestamp.body`.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::fields::MASK;

/// A secret that no key can be made of. It is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook's secret is `whsec_` and base64")]
pub struct NotASecret;

/// The value of `webhook-signature`: one signature for each secret (parted by blanks, so that a secret can be replaced without
/// losing a message). `at` is in Unix seconds, as in `webhook-timestamp`. The prefix `whsec_` may be left out.
///
/// # Errors
/// When there is no secret, or one is not base64 or empty.
pub fn standard_webhook(secrets: &str, id: &str, at: i64, body: &[u8]) -> Result<String, NotASecret> {
    let signatures = secrets.split_whitespace().map(|secret| signature(secret, id, at, body));
    let signatures = signatures.collect::<Result<Vec<_>, _>>()?;
    if signatures.is_empty() {
        return Err(NotASecret);
    }
    Ok(signatures.join(" "))
}

fn signature(secret: &str, id: &str, at: i64, body: &[u8]) -> Result<String, NotASecret> {
    if secret == MASK {
        return Ok(format!("v1,{MASK}"));
    }
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap_or(secret))
        .map_err(|_| NotASecret)?;
    if key.is_empty() {
        return Err(NotASecret);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| NotASecret)?;
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body);
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}
