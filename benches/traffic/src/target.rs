//! Where traffic may go: this machine, unless someone says otherwise.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Client, Url};

use crate::Error;
use crate::sign::AppSecret;

/// The front door on its default address.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8081/webhooks/whatsapp";

/// Where to send and how to sign; the options shared by `demo` and `replay`.
#[derive(Clone, Debug, clap::Args)]
pub struct Target {
    /// Webhook endpoint to post to; this machine only, unless --allow-remote
    #[arg(long, default_value = DEFAULT_URL, value_name = "URL")]
    pub url: Url,
    /// Permit a target that is not this machine
    #[arg(long)]
    pub allow_remote: bool,
    /// App secret that signs the bodies; by default the configured one (`WHATSAPP_WEBHOOK_SECRET`)
    #[arg(long, value_name = "SECRET")]
    pub secret: Option<AppSecret>,
    /// How long one request may take before it counts as failed
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "SPAN")]
    pub timeout: Duration,
}

impl Target {
    /// A target on this machine with default limits.
    pub fn new(url: Url, secret: AppSecret) -> Self {
        Self {
            url,
            allow_remote: false,
            secret: Some(secret),
            timeout: Duration::from_secs(10),
        }
    }

    /// Refuses other machines (unless permitted), schemes other than plain HTTP, and a missing secret.
    pub fn check(&self) -> Result<&AppSecret, Error> {
        if self.url.scheme() != "http" {
            return Err(Error::Option(format!(
                "--url {}: only http:// can be sent to",
                self.url
            )));
        }
        let host = self.url.host_str().unwrap_or_default();
        if !self.allow_remote && !is_this_machine(host) {
            return Err(Error::Remote { host: host.to_owned() });
        }
        self.secret
            .as_ref()
            .filter(|secret| !secret.is_empty())
            .ok_or(Error::NoSecret)
    }

    /// A client with kept-alive connections that follows no redirect and asks no proxy: either could lead elsewhere.
    /// `connections` idle ones are kept at most.
    pub fn client(&self, connections: usize) -> Result<Client, Error> {
        let builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(self.timeout)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(connections)
            .user_agent(concat!("parlance-traffic/", env!("CARGO_PKG_VERSION")));
        let builder = if is_name_of_this_machine(self.url.host_str().unwrap_or_default()) && !self.allow_remote {
            let port = self.url.port_or_known_default().unwrap_or(80);
            builder.resolve("localhost", ([127, 0, 0, 1], port).into())
        } else {
            builder
        };
        Ok(builder.build()?)
    }
}

fn is_name_of_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

/// `localhost` or a loopback address. A name is not looked up: it may mean another machine tomorrow.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    is_name_of_this_machine(host) || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::new(url.parse().unwrap(), AppSecret::new("s"))
    }

    #[test]
    fn only_this_machine_is_a_target_unless_said_otherwise() {
        for here in [
            "http://127.0.0.1:1/",
            "http://127.9.9.9/",
            "http://[::1]:80/x",
            "http://localhost:8081/",
        ] {
            assert!(target(here).check().is_ok(), "{here}");
        }
        for other in [
            "http://10.0.0.1/",
            "http://graph.facebook.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example/",
            "http://[2001:db8::1]/",
            "http://0.0.0.0/",
        ] {
            let mut target = target(other);
            assert!(matches!(target.check(), Err(Error::Remote { .. })), "{other}");
            target.allow_remote = true;
            assert!(target.check().is_ok(), "{other}");
        }
    }

    #[test]
    fn nothing_is_sent_unsigned() {
        let mut target = target("http://127.0.0.1/");
        target.secret = Some(AppSecret::new(""));
        assert!(matches!(target.check(), Err(Error::NoSecret)));
        target.secret = None;
        assert!(matches!(target.check(), Err(Error::NoSecret)));
    }
}
