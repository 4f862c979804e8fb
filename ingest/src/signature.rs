//! `X-Hub-Signature-256`: HMAC-SHA256 of the raw body with an app secret, in constant time, before anything is parsed.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use parlance_service::config::Secret;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The header Meta signs with.
pub(crate) const HEADER: &str = "x-hub-signature-256";
const PREFIX: &[u8] = b"sha256=";

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("the header X-Hub-Signature-256 is missing")]
    Missing,
    #[error("the header X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits")]
    Malformed,
    #[error("the signature is not of this body by any configured app secret")]
    Mismatch,
}

/// The configured secrets, each ready to hash.
#[derive(Clone)]
pub(crate) struct Verifier {
    keyed: Vec<Hmac<Sha256>>,
}

impl Verifier {
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        let keyed = secrets
            .iter()
            .map(|secret| Hmac::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of every length"));
        Self { keyed: keyed.collect() }
    }

    /// Begins to check a body whose head came with `headers`. The body is hashed as it arrives: 3 MiB at once would
    /// hold up the other connections of the thread.
    pub(crate) fn begin(&self, headers: &HeaderMap) -> Result<Check, SignatureError> {
        Ok(Check {
            expected: parse(headers)?,
            running: self.keyed.clone(),
        })
    }
}

/// A body being hashed with every secret.
pub(crate) struct Check {
    expected: [u8; 32],
    running: Vec<Hmac<Sha256>>,
}

impl Check {
    /// The next bytes of the body.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for hmac in &mut self.running {
            hmac.update(bytes);
        }
    }

    /// The verdict. Takes the same time whichever secret it was, and however many bytes are right.
    pub(crate) fn finish(self) -> Result<(), SignatureError> {
        let expected = self.expected;
        let matches = self.running.into_iter().fold(Choice::from(0), |found, hmac| {
            found | hmac.finalize().into_bytes().as_slice().ct_eq(&expected)
        });
        if matches.into() {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }
}

fn parse(headers: &HeaderMap) -> Result<[u8; 32], SignatureError> {
    let mut values = headers.get_all(HEADER).iter();
    let value = values.next().ok_or(SignatureError::Missing)?;
    if values.next().is_some() {
        return Err(SignatureError::Malformed);
    }
    let digits = value.as_bytes().strip_prefix(PREFIX).ok_or(SignatureError::Malformed)?;
    let mut expected = [0; 32];
    hex::decode_to_slice(digits, &mut expected).map_err(|_| SignatureError::Malformed)?;
    Ok(expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// HMAC-SHA256("secret", "test"), from the specification.
    const VECTOR: &str = "sha256=0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914";

    fn check(secrets: &[&str], header: Option<&str>, body: &str) -> Result<(), SignatureError> {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(HEADER, HeaderValue::from_str(header).unwrap());
        }
        let mut check = Verifier::new(&secrets).begin(&headers)?;
        for byte in body.as_bytes() {
            check.update(&[*byte]);
        }
        check.finish()
    }

    #[test]
    fn the_published_vector_passes_with_any_of_the_secrets() {
        assert_eq!(check(&["secret"], Some(VECTOR), "test"), Ok(()));
        assert_eq!(check(&["old", "secret", "new"], Some(VECTOR), "test"), Ok(()));
    }

    #[test]
    fn other_secrets_other_bodies_and_flipped_digits_do_not() {
        assert_eq!(check(&["Secret"], Some(VECTOR), "test"), Err(SignatureError::Mismatch));
        assert_eq!(check(&["secret"], Some(VECTOR), "tesT"), Err(SignatureError::Mismatch));
        let flipped = VECTOR.replace("0914", "0915");
        assert_eq!(
            check(&["secret"], Some(&flipped), "test"),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn what_is_not_a_signature_is_told_apart_from_a_wrong_one() {
        assert_eq!(check(&["secret"], None, "test"), Err(SignatureError::Missing));
        let long = format!("{VECTOR}00");
        for header in [
            "",
            "sha256=",
            "sha1=0329",
            &VECTOR[7..],
            &VECTOR[..70],
            &long,
            &VECTOR.replace('a', "g"),
        ] {
            assert_eq!(
                check(&["secret"], Some(header), "test"),
                Err(SignatureError::Malformed),
                "{header}"
            );
        }
    }

    #[test]
    fn two_signatures_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(HEADER, HeaderValue::from_static(VECTOR));
        headers.append(HEADER, HeaderValue::from_static(VECTOR));
        let verifier = Verifier::new(&[Secret::new("secret")]);
        assert_eq!(verifier.begin(&headers).err(), Some(SignatureError::Malformed));
    }
}
