//! A request out of templates, such that no text in it can end its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::connector::{Auth, BodyPlan, Connector, HttpPlan, MailPlan, SendPlan, Step, Tree};
use crate::fields::Fields;
use crate::filters::percent_encoded;
use crate::request::{HttpRequest, Mail, Purpose, Request, Sending};
use crate::sign::standard_webhook;
use crate::template::{Scope, Template, Unfilled, folded};

/// Largest body, bytes.
const MAX_BODY: usize = 1024 * 1024;
/// Longest URL, bytes: what servers take.
const MAX_URL: usize = 8 * 1024;

/// What a request is made of, beside the step.
pub(crate) struct Given<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) fields: &'a Fields,
    pub(crate) scope: &'a Scope,
    /// The OAuth2 access token, where the connector needs one.
    pub(crate) access: Option<&'a str>,
    pub(crate) action_id: &'a str,
    /// Unix milliseconds.
    pub(crate) now: i64,
}

pub(crate) fn request(given: &Given<'_>, step: &Step) -> Result<Request, Unfilled> {
    let sending = match &step.send {
        SendPlan::Http(plan) => Sending::Http(http(given, step, plan)?),
        SendPlan::Mail(plan) => Sending::Mail(mail(given, step, plan)?),
    };
    Ok(Request {
        purpose: Purpose::Step(step.name.clone()),
        sending,
    })
}

fn http(given: &Given<'_>, step: &Step, plan: &HttpPlan) -> Result<HttpRequest, Unfilled> {
    let scope = given.scope;
    let url = given.fields.joined(plan.url.text(scope)?);
    check_url(&url).map_err(|what| plan.url.unfilled(what))?;

    let mut headers = Vec::new();
    allow(given, &mut headers)?;
    let (content_type, body) = body(scope, &plan.body)?;
    if let Some(content_type) = content_type {
        headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    for (name, template) in &plan.headers {
        let value = template.text(scope)?.trim().to_owned();
        match name.strip_suffix('?') {
            Some(_) if value.is_empty() => {}
            optional => set(&mut headers, optional.unwrap_or(name), value),
        }
    }
    if let Some(secrets) = &given.connector.sign {
        let at = given.now.div_euclid(1000);
        let signed = body.as_deref().unwrap_or_default().as_bytes();
        let signature = standard_webhook(&secrets.text(scope)?, given.action_id, at, signed);
        let signature = signature.map_err(|error| secrets.unfilled(error.to_string()))?;
        set(&mut headers, "webhook-id", given.action_id.to_owned());
        set(&mut headers, "webhook-timestamp", at.to_string());
        set(&mut headers, "webhook-signature", signature);
    }
    let too_large = body.as_ref().is_some_and(|body| body.len() > MAX_BODY);
    if too_large || headers.iter().any(|(_, value)| value.len() > MAX_URL) {
        return Err(Unfilled {
            at: step.at.clone(),
            what: format!("the body is larger than {MAX_BODY} bytes, or a header than {MAX_URL}"),
        });
    }
    Ok(HttpRequest {
        method: plan.method.clone(),
        url,
        headers,
        body,
    })
}

/// One of a name: the later replaces the earlier.
fn set(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    headers.push((name.to_owned(), value));
}

fn allow(given: &Given<'_>, headers: &mut Vec<(String, String)>) -> Result<(), Unfilled> {
    let scope = given.scope;
    let (name, value) = match &given.connector.auth {
        Auth::None => return Ok(()),
        Auth::Bearer(token) => ("Authorization", format!("Bearer {}", token.text(scope)?)),
        Auth::Basic { user, password } => {
            let pair = format!("{}:{}", user.text(scope)?, password.text(scope)?);
            ("Authorization", format!("Basic {}", STANDARD.encode(pair)))
        }
        Auth::Header { name, value } => match (name.strip_suffix('?'), value.text(scope)?) {
            (Some(_), value) if value.trim().is_empty() => return Ok(()),
            (optional, value) => (optional.unwrap_or(name), value),
        },
        Auth::OAuth2(_) => {
            let access = given.access.expect("a run asks for a token before its first step");
            ("Authorization", format!("Bearer {access}"))
        }
    };
    headers.push((name.to_owned(), value));
    Ok(())
}

fn body(scope: &Scope, plan: &BodyPlan) -> Result<(Option<&'static str>, Option<String>), Unfilled> {
    Ok(match plan {
        BodyPlan::None => (None, None),
        BodyPlan::Json(tree) => (Some("application/json"), Some(json(scope, tree)?.to_string())),
        BodyPlan::Form(pairs) => {
            let mut filled = Vec::new();
            for (name, template) in pairs {
                let value = template.text(scope)?;
                match name.strip_suffix('?') {
                    Some(_) if value.is_empty() => {}
                    optional => filled.push((optional.unwrap_or(name).to_owned(), value)),
                }
            }
            (Some("application/x-www-form-urlencoded"), Some(form(&filled)))
        }
        BodyPlan::Icalendar(text) => (Some("text/calendar; charset=utf-8"), Some(folded(&text.text(scope)?))),
        BodyPlan::Xml(text) => (Some("application/xml; charset=utf-8"), Some(text.text(scope)?)),
        BodyPlan::Text(text) => (Some("text/plain; charset=utf-8"), Some(text.text(scope)?)),
    })
}

pub(crate) fn form(pairs: &[(String, String)]) -> String {
    let encoded = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)));
    encoded.collect::<Vec<_>>().join("&")
}

fn json(scope: &Scope, tree: &Tree) -> Result<Value, Unfilled> {
    Ok(match tree {
        Tree::Fixed(value) => value.clone(),
        Tree::Text(template) => Value::String(template.text(scope)?),
        Tree::Value(expression) => {
            let value = expression.value(scope)?;
            serde_json::to_value(&value).map_err(|error| expression.unfilled(error.to_string()))?
        }
        Tree::List(list) => Value::Array(list.iter().map(|tree| json(scope, tree)).collect::<Result<_, _>>()?),
        Tree::Object(members) => {
            let mut object = Map::new();
            for (name, tree) in members {
                let value = json(scope, tree)?;
                match name.strip_suffix('?') {
                    Some(_) if is_empty(&value) => {}
                    optional => {
                        object.insert(optional.unwrap_or(name).to_owned(), value);
                    }
                }
            }
            Value::Object(object)
        }
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn mail(given: &Given<'_>, step: &Step, plan: &MailPlan) -> Result<Mail, Unfilled> {
    let scope = given.scope;
    let smtp = given.connector.smtp.as_ref();
    let smtp = smtp.expect("a document in which a step sends mail says where through");
    let one = |template: &Template| Ok::<_, Unfilled>(template.text(scope)?.trim().to_owned());
    let to = plan.to.text(scope)?;
    let to: Vec<_> = to
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect();
    let from = one(&plan.from)?;
    for address in to.iter().chain([&from]) {
        check_address(address).map_err(|what| plan.to.unfilled(what))?;
    }
    if to.is_empty() {
        return Err(plan.to.unfilled("nobody is named"));
    }
    let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mail = Mail {
        server: one(&smtp.server)?,
        tls: one(&smtp.tls)?,
        user: one(&smtp.user)?,
        password: smtp.password.text(scope)?,
        to,
        subject: one(&plan.subject)?,
        body: plan.body.text(scope)?,
        message_id: format!("<{}.{}@{domain}>", given.action_id, step.name),
        from,
    };
    if !["tls", "starttls", "none"].contains(&mail.tls.as_str()) {
        return Err(smtp.tls.unfilled("is neither `tls` nor `starttls` nor `none`"));
    }
    if mail.body.len() > MAX_BODY {
        return Err(plan.body.unfilled(format!("is larger than {MAX_BODY} bytes")));
    }
    Ok(mail)
}

/// An address as SMTP's commands take it: nothing in it can end it.
fn check_address(address: &str) -> Result<(), String> {
    let plain = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
        !text.is_empty() && text.bytes().all(allowed)
    };
    match address.rsplit_once('@') {
        Some((local, domain)) if plain(local) && plain(domain) => Ok(()),
        _ => Err("holds what is no e-mail address".to_owned()),
    }
}

/// Whether a URL is one that can be asked for: `http` or `https`, a plain host, no user, no way up the path, ASCII.
pub(crate) fn check_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else {
        return Err("is no URL of `http` or `https`".to_owned());
    };
    if url.len() > MAX_URL {
        return Err(format!("is longer than {MAX_URL} bytes"));
    }
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if authority.is_empty() || authority.starts_with(':') || !authority.bytes().all(host) {
        return Err("has no plain host, such as `api.example.com` or `localhost:8080`".to_owned());
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=%".contains(&byte);
    if let Some(byte) = after.bytes().find(|byte| !allowed(*byte)) {
        return Err(format!(
            "holds `{}`, which must be percent-encoded",
            byte.escape_ascii()
        ));
    }
    let path = after
        .split('?')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .replace("%2e", ".");
    if path.split('/').any(|segment| segment == "." || segment == "..") {
        return Err("has a segment `.` or `..` in its path".to_owned());
    }
    Ok(())
}
