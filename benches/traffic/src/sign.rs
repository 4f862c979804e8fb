//! Meta's signature: HMAC-SHA256 over the raw bytes of the body, keyed with the app secret.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header the signature travels in.
pub const HEADER: &str = "x-hub-signature-256";

/// An app secret; it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct AppSecret(String);

impl AppSecret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// True when there is nothing to sign with.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of [`HEADER`] for a body: `sha256=` and 64 lower-case hex digits.
    pub fn sign(&self, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }
}

impl FromStr for AppSecret {
    type Err = Infallible;
    /// The first of a list with commas: while secrets rotate, `WHATSAPP_WEBHOOK_SECRET` names several.
    fn from_str(secrets: &str) -> Result<Self, Infallible> {
        let mut secrets = secrets.split(',').map(str::trim);
        Ok(Self::new(secrets.find(|secret| !secret.is_empty()).unwrap_or_default()))
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_test_vector_holds() {
        assert_eq!(
            AppSecret::new("secret").sign(b"test"),
            "sha256=0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914"
        );
    }

    #[test]
    fn of_several_secrets_the_first_signs() {
        assert_eq!("new, old".parse::<AppSecret>().unwrap(), AppSecret::new("new"));
        assert!(" ,".parse::<AppSecret>().unwrap().is_empty());
    }

    #[test]
    fn the_secret_does_not_print() {
        assert_eq!(format!("{:?}", AppSecret::new("hunter2")), "***");
    }
}
