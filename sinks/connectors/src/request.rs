//! What is to be sent, and how people read it.

use std::fmt;

/// Something to send. Its `Debug` shows neither headers nor bodies nor URLs: they hold secrets and what customers wrote.
/// [`Request::describe`] shows everything, for requests that were made of masked fields.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// What to send, and by what.
    pub sending: Sending,
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To get an OAuth2 token.
    Token,
    /// The step of this name.
    Step(String),
}

/// What to send, and by what.
#[derive(Clone, PartialEq, Eq)]
pub enum Sending {
    /// By HTTP. Redirects are not to be followed.
    Http(HttpRequest),
    /// By SMTP.
    Mail(Mail),
}

/// An HTTP request.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Its method.
    pub method: String,
    /// The whole URL, `http` or `https`, ASCII.
    pub url: String,
    /// Names and values, printable ASCII, in the order they are sent.
    pub headers: Vec<(String, String)>,
    /// Its body; nothing: it has none.
    pub body: Option<String>,
}

/// A mail, and the server that takes it. The answer's status is the server's reply code to the last command.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The server, `host:port`.
    pub server: String,
    /// How the connection is kept private: `tls` (from the beginning), `starttls`, or `none`.
    pub tls: String,
    /// Who logs in; empty: nobody does.
    pub user: String,
    /// Their password.
    pub password: String,
    /// The sender's address.
    pub from: String,
    /// Those it goes to, at least one.
    pub to: Vec<String>,
    /// One line, in any script.
    pub subject: String,
    /// Plain text, in any script.
    pub body: String,
    /// The value of `Message-ID`, with its angle brackets: the same at every attempt.
    pub message_id: String,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match &self.sending {
            Sending::Http(http) => http.method.as_str(),
            Sending::Mail(_) => "mail",
        };
        f.debug_struct("Request")
            .field("purpose", &self.purpose)
            .field("how", &how)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// All of it, as people read it: JSON with one member a line, CRLF as the end of a line.
    pub fn describe(&self) -> String {
        let mut lines = match &self.purpose {
            Purpose::Token => "# token\n".to_owned(),
            Purpose::Step(name) => format!("# {name}\n"),
        };
        match &self.sending {
            Sending::Http(http) => {
                lines += &format!("{} {}\n", http.method, http.url);
                for (name, value) in &http.headers {
                    lines += &format!("{name}: {value}\n");
                }
                if let Some(body) = &http.body {
                    lines.push('\n');
                    lines += readable(body).trim_end();
                    lines.push('\n');
                }
            }
            Sending::Mail(mail) => {
                let user = if mail.user.is_empty() { "nobody" } else { &mail.user };
                lines += &format!("SMTP {} ({}, as {user})\n", mail.server, mail.tls);
                lines += &format!("From: {}\nTo: {}\n", mail.from, mail.to.join(", "));
                lines += &format!("Subject: {}\nMessage-ID: {}\n\n", mail.subject, mail.message_id);
                lines += mail.body.trim_end();
                lines.push('\n');
            }
        }
        lines
    }
}

fn readable(body: &str) -> String {
    let json = serde_json::from_str::<serde_json::Value>(body);
    match json.and_then(|value| serde_json::to_string_pretty(&value)) {
        Ok(pretty) => pretty,
        Err(_) => body.replace("\r\n", "\n"),
    }
}
