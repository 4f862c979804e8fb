//! What the client is told: where Meta is, who asks, how long to wait, how much to take.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use parlance_service::config::Secret;
use sha2::Sha256;

/// The settings of a client: one for each integration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the Graph API is, without a path. `https` only, but for loopback when that is allowed.
    pub base_url: String,
    /// The API's version, as `v25.0`. Each lives about two years.
    pub version: String,
    /// The access token.
    pub token: Secret,
    /// The app's secret. When it is given each ask carries `appsecret_proof`; needed when the app requires it.
    pub app_secret: Secret,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an ask may take from connecting to the answer's last byte; not for files.
    pub timeout: Duration,
    /// How long a file may take. A URL of Meta's is good for five minutes.
    pub media_timeout: Duration,
    /// How long nothing at all may come while a file is downloaded.
    pub idle_timeout: Duration,
    /// The longest answer that is read, bytes; not of files.
    pub max_answer_bytes: usize,
    /// Where files may be fetched from: these hosts and what is below them. The token goes along.
    pub media_hosts: Vec<String>,
    /// Lets the base URL and files be at a loopback address, also without TLS. For tests only.
    pub allow_loopback: bool,
}

impl Config {
    /// Meta's own address, with this token.
    pub fn new(token: Secret) -> Self {
        Self {
            base_url: "https://graph.facebook.com".to_owned(),
            version: "v25.0".to_owned(),
            token,
            app_secret: Secret::default(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(20),
            media_timeout: Duration::from_secs(240),
            idle_timeout: Duration::from_secs(20),
            max_answer_bytes: 4 * 1024 * 1024,
            media_hosts: ["fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net"]
                .map(str::to_owned)
                .to_vec(),
            allow_loopback: false,
        }
    }
}

/// `appsecret_proof`: the lower-case hex of HMAC-SHA256 of the token by the app's secret. It shows Meta that who has the
/// token is the app, so that a token that leaks is of no use. Source:
/// <https://developers.facebook.com/docs/graph-api/guides/secure-requests>.
pub fn appsecret_proof(token: &Secret, app_secret: &Secret) -> Secret {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(app_secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(token.expose().as_bytes());
    let mut proof = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        write!(proof, "{byte:02x}").expect("writing to a string does not fail");
    }
    Secret::new(proof)
}

/// True for addresses of the public internet: what a file's URL or a changed DNS record must not lead away from.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (b == 18 || b == 19))
                || (a == 192 && b == 0 && c == 0))
        }
        IpAddr::V6(address) => {
            if let Some(v4) = address.to_ipv4_mapped() {
                return is_public(v4.into());
            }
            let [first, second, ..] = address.segments();

            let embeds_v4 = first == 0x2002 || (first == 0x2001 && second == 0);
            let global = (first & 0xe000) == 0x2000 && !(first == 0x2001 && second == 0x0db8);
            address != Ipv6Addr::UNSPECIFIED && global && !embeds_v4
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_metas() {
        // HMAC-SHA256 by "secret" of "test", as other clients publish it.
        let proof = appsecret_proof(&Secret::new("test"), &Secret::new("secret"));
        assert_eq!(
            proof.expose(),
            "0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914"
        );
        assert_eq!(format!("{proof:?}"), "***");
    }

    #[test]
    fn addresses_inside_are_not_public() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["157.240.1.1", "2a03:2880::1", "8.8.8.8"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }
}
