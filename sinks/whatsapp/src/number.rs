//! A number's health and limits, the apps that hear an account, and what a token is worth.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use parlance_service::config::Secret;

/// What is asked of a number. `whatsapp_business_manager_messaging_limit` has taken the place of `messaging_limit_tier`,
/// which older versions still have.
const FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,name_status,code_verification_status,status,\
                      throughput,messaging_limit_tier,whatsapp_business_manager_messaging_limit,health_status";

/// A number as Meta sees it. Words are Meta's, as they stand; what Meta leaves out is none. Source:
/// <https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status>.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Number {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub display_phone_number: Option<String>,
    /// The name that customers see.
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `NA`, `UNKNOWN`.
    pub quality_rating: Option<String>,
    /// Whether the name is approved.
    pub name_status: Option<String>,
    /// Whether the number was verified by a code.
    pub code_verification_status: Option<String>,
    /// `CONNECTED`, `FLAGGED`, `RESTRICTED`, `BANNED`, and so on.
    pub status: Option<String>,
    /// How fast it may send.
    pub throughput: Option<ThroughputLevel>,
    /// The older name of the limit below.
    pub messaging_limit_tier: Option<String>,
    /// How many customers it may write to first in 24 hours: `TIER_250`, `TIER_2K`, …, `UNLIMITED`.
    pub whatsapp_business_manager_messaging_limit: Option<Value>,
    /// Whether it can send, and what stands in the way.
    pub health_status: Option<Health>,
}

/// `throughput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ThroughputLevel {
    /// `STANDARD` (80 messages a second), `HIGH` (1,000), `NOT_APPLICABLE`.
    pub level: String,
}

/// `health_status`. Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/health-status>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Health {
    /// `AVAILABLE`, `LIMITED`, `BLOCKED`: the worst of the parts.
    pub can_send_message: String,
    /// The number, its account, its business, the app.
    pub entities: Vec<Entity>,
}

/// A part whose health decides whether messages go out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Entity {
    /// `PHONE_NUMBER`, `WABA`, `BUSINESS`, `APP`.
    pub entity_type: String,
    /// Its id.
    pub id: String,
    /// As of the whole.
    pub can_send_message: String,
    /// What stands in the way.
    pub errors: Vec<HealthError>,
    /// More about it.
    pub additional_info: Vec<String>,
}

/// What stands in the way, and how to remove it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HealthError {
    /// Meta's code.
    pub error_code: i64,
    /// What is wrong.
    pub error_description: String,
    /// What to do.
    pub possible_solution: String,
}

impl Number {
    /// How many customers may be written to first in 24 hours. None when Meta does not say, or in a word that is not
    /// known here; [`u32::MAX`] for no limit.
    pub fn messaging_limit(&self) -> Option<u32> {
        let newer = self.whatsapp_business_manager_messaging_limit.as_ref();
        let newer = newer.and_then(|limit| limit.as_str().or_else(|| limit["current_limit"].as_str()));
        let tier = newer.or(self.messaging_limit_tier.as_deref())?;
        let tier = tier.strip_prefix("TIER_").unwrap_or(tier);
        if tier == "UNLIMITED" {
            return Some(u32::MAX);
        }
        match tier.strip_suffix('K') {
            Some(thousands) => thousands.parse::<u32>().ok()?.checked_mul(1_000),
            None => tier.parse().ok(),
        }
    }

    /// How many messages a second it may send and receive, by its throughput level; 80 when Meta does not say.
    pub fn messages_per_second(&self) -> u32 {
        match self.throughput.as_ref().map(|throughput| throughput.level.as_str()) {
            Some("HIGH") => crate::pace::HIGH,
            _ => crate::pace::STANDARD,
        }
    }
}

/// An app that hears an account's webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribedApp {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The URL that this account's messages go to instead of the app's own.
    pub override_callback_uri: Option<String>,
}

#[derive(Deserialize)]
struct Apps {
    data: Vec<App>,
}

/// Meta puts the app's data at the top, or into `whatsapp_business_api_data`.
#[derive(Deserialize)]
struct App {
    id: Option<String>,
    name: Option<String>,
    override_callback_uri: Option<String>,
    whatsapp_business_api_data: Option<AppData>,
}

#[derive(Deserialize)]
struct AppData {
    id: Option<String>,
    name: Option<String>,
}

/// What a token is worth. Source: <https://developers.facebook.com/docs/graph-api/reference/debug_token>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TokenState {
    /// Whether it is taken at all.
    pub is_valid: bool,
    /// The app it is of.
    pub app_id: Option<String>,
    /// `USER`, `SYSTEM_USER`, `PAGE`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Until when, Unix seconds; 0 for ever.
    pub expires_at: Option<i64>,
    /// Until when it may read, Unix seconds; 0 for ever.
    pub data_access_expires_at: Option<i64>,
    /// What it permits. Sending takes `whatsapp_business_messaging`, templates `whatsapp_business_management`.
    pub scopes: Vec<String>,
    /// Where it permits that.
    pub granular_scopes: Vec<GranularScope>,
    /// Why it is not taken.
    pub error: Option<TokenError>,
}

/// A permission, and the accounts it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GranularScope {
    /// The permission.
    pub scope: String,
    /// Accounts; empty for all.
    pub target_ids: Vec<String>,
}

/// Why a token is not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TokenError {
    /// Meta's code.
    pub code: i64,
    /// Meta's subcode.
    pub subcode: Option<i64>,
    /// In words.
    pub message: String,
}

impl TokenState {
    /// Whether it permits this for the account.
    pub fn permits(&self, scope: &str, account_id: &str) -> bool {
        let targets = self.granular_scopes.iter().find(|granular| granular.scope == scope);
        let everywhere = |granular: &GranularScope| {
            granular.target_ids.is_empty() || granular.target_ids.iter().any(|target| target == account_id)
        };
        self.is_valid && self.scopes.iter().any(|known| known == scope) && targets.is_none_or(everywhere)
    }
}

#[derive(Deserialize)]
struct Debugged {
    data: TokenState,
}

impl Client {
    /// A number's health and limits.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn number(&self, phone_number_id: &str) -> Result<Number, Error> {
        let request = self
            .request(Method::GET, &[phone_number_id])?
            .query(&[("fields", FIELDS)]);
        self.ask("number", request).await
    }

    /// The apps that hear this account's webhooks: without ours nothing comes in. Source:
    /// <https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps>.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn subscribed_apps(&self, account_id: &str) -> Result<Vec<SubscribedApp>, Error> {
        let request = self.request(Method::GET, &[account_id, "subscribed_apps"])?;
        let apps: Apps = self.ask("subscribed_apps", request).await?;
        let flat = |app: App| {
            let (inner_id, inner_name) = match app.whatsapp_business_api_data {
                Some(data) => (data.id, data.name),
                None => (None, None),
            };
            Some(SubscribedApp {
                id: app.id.or(inner_id)?,
                name: app.name.or(inner_name),
                override_callback_uri: app.override_callback_uri,
            })
        };
        let flat: Option<Vec<SubscribedApp>> = apps.data.into_iter().map(flat).collect();
        flat.ok_or_else(|| Error::NotUnderstood("subscribed_apps: an app has no id".to_owned()))
    }

    /// What `token` is worth, asked in the name of this client's own: the same one, or that of the app. It stands in the
    /// URL, as Meta offers no other way; the URL is in no log and no error of this crate.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn debug_token(&self, token: &Secret) -> Result<TokenState, Error> {
        let request = self
            .request(Method::GET, &["debug_token"])?
            .query(&[("input_token", token.expose())]);
        Ok(self.ask::<Debugged>("debug_token", request).await?.data)
    }
}
