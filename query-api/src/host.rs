//! Which names in `Host` are ours, so that a foreign page cannot read a loopback server by pointing its own name at
//! it (DNS rebinding).

use std::net::{IpAddr, SocketAddr};

/// The names this server answers to.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    loopback: bool,
    allowed: Vec<String>,
}

impl Hosts {
    pub(crate) fn new(listener: SocketAddr, allowed: &[String]) -> Self {
        Self {
            loopback: listener.ip().is_loopback(),
            allowed: allowed.iter().map(|name| name.to_ascii_lowercase()).collect(),
        }
    }

    /// Whether a request with this `Host` header is for us. The port does not matter: a tunnel may change it, and
    /// an attacker's page cannot change the name.
    pub(crate) fn accept(&self, host: Option<&str>) -> bool {
        if !self.loopback && self.allowed.is_empty() {
            return true;
        }
        let Some(name) = host.and_then(name_of) else {
            return false;
        };
        self.allowed.contains(&name) || (self.loopback && is_loopback(&name))
    }
}

/// The name without its port, in lower case; an IPv6 address without its brackets.
fn name_of(host: &str) -> Option<String> {
    let host: http::uri::Authority = host.parse().ok()?;
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    Some(name.to_ascii_lowercase())
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_listener_answers_to_loopback_names_and_the_ones_allowed() {
        let hosts = Hosts::new("127.0.0.1:8080".parse().unwrap(), &["Parlance.example".to_owned()]);
        for ours in [
            "localhost",
            "LOCALHOST:1234",
            "127.0.0.1:8080",
            "[::1]:8080",
            "parlance.example:443",
        ] {
            assert!(hosts.accept(Some(ours)), "{ours}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "",
            "a b",
        ] {
            assert!(!hosts.accept(Some(foreign)), "{foreign}");
        }
        assert!(!hosts.accept(None));
    }

    #[test]
    fn other_listeners_answer_to_any_name_unless_names_are_given() {
        assert!(Hosts::new("0.0.0.0:8080".parse().unwrap(), &[]).accept(Some("any.example")));
        let named = Hosts::new("0.0.0.0:8080".parse().unwrap(), &["a.example".to_owned()]);
        assert!(named.accept(Some("a.example")) && !named.accept(Some("localhost")));
    }
}
