//! Templates of an account: listed, read, created, edited, deleted.
//!
//! Source: <https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates> and
//! <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates>.

mod draft;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::send::Success;

use draft::parts;
pub use draft::{Draft, DraftButton, Part};

/// What is asked of each template.
const FIELDS: &str = "id,name,language,status,category,parameter_format,components,quality_score,rejected_reason";

/// Templates asked for at once.
const PAGE: &str = "100";

/// Pages read at most: more templates than an account can have.
const MAX_PAGES: usize = 100;

/// What a template is for; decides its price and when it may be sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    /// About something of the customer's.
    Utility,
    /// A code to log in with.
    Authentication,
    /// Anything else.
    Marketing,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Whether a template may be sent. Source: <https://developers.facebook.com/docs/whatsapp/message-templates/guidelines>.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateStatus {
    /// It may.
    Approved,
    /// Meta has not looked at it yet.
    Pending,
    /// Meta has refused it.
    Rejected,
    /// Not for a while: too many customers disliked it.
    Paused,
    /// Never again.
    Disabled,
    /// Meta looks at it again.
    InAppeal,
    /// It is on its way out.
    PendingDeletion,
    /// It is gone.
    Deleted,
    /// Too many were made.
    LimitExceeded,
    /// Not used for long.
    Archived,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// How a template's variables are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ParameterFormat {
    /// `{{1}}`, `{{2}}`.
    #[default]
    Positional,
    /// `{{first_name}}`.
    Named,
}

/// A template as Meta lists it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Listed {
    /// Its id: one for each language.
    pub id: String,
    /// Its name: the same in all languages.
    pub name: String,
    /// Its language, as Meta writes it.
    pub language: String,
    /// Whether it may be sent.
    pub status: TemplateStatus,
    /// What it is for.
    pub category: Category,
    /// How its variables are named.
    #[serde(default)]
    pub parameter_format: Option<ParameterFormat>,
    /// Its parts, as Meta has them.
    #[serde(default)]
    pub components: Vec<Value>,
    /// How customers receive it.
    #[serde(default)]
    pub quality_score: Option<Quality>,
    /// Why Meta refused it.
    #[serde(default)]
    pub rejected_reason: Option<String>,
}

/// How customers receive a template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Quality {
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub score: String,
    /// Since when, Unix seconds.
    #[serde(default)]
    pub date: Option<i64>,
}

/// What became of a new template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// As a rule [`TemplateStatus::Pending`].
    pub status: TemplateStatus,
    /// What Meta takes it for: may differ from what was said.
    #[serde(default)]
    pub category: Option<Category>,
}

/// Which templates to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delete {
    /// Of this name in **all** languages. The name cannot be used again for 30 days.
    Name(String),
    /// The one of this id and name: one language.
    One {
        /// Its name.
        name: String,
        /// Its id.
        id: String,
    },
    /// Those of these ids: 1 to 100.
    Ids(Vec<String>),
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Listed>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Default, Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Cursors,
    next: Option<String>,
}

#[derive(Default, Deserialize)]
struct Cursors {
    after: Option<String>,
}

impl Client {
    /// All templates of an account; with `name` those whose name contains it. Reads page after page, by the cursor and
    /// not by the URL of the next page, which would lead wherever the answer says.
    ///
    /// # Errors
    /// As of [`Client::send`]; [`Error::NotUnderstood`] when the pages do not end.
    pub async fn templates(&self, account_id: &str, name: Option<&str>) -> Result<Vec<Listed>, Error> {
        let (mut templates, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MAX_PAGES {
            let request = self.request(Method::GET, &[account_id, "message_templates"])?;
            let mut request = request.query(&[("fields", FIELDS), ("limit", PAGE)]);
            for (key, value) in [("name", name), ("after", after.as_deref())] {
                if let Some(value) = value {
                    request = request.query(&[(key, value)]);
                }
            }
            let page: Page = self.ask("templates", request).await?;
            templates.extend(page.data);
            match (page.paging.next, page.paging.cursors.after) {
                (Some(_), Some(next)) if after.as_ref() == Some(&next) => {
                    return Err(Error::NotUnderstood("templates: the same page comes again".to_owned()));
                }
                (Some(_), Some(next)) => after = Some(next),
                _ => return Ok(templates),
            }
        }
        Err(Error::NotUnderstood(format!("templates: more than {MAX_PAGES} pages")))
    }

    /// The template with this id.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn template(&self, template_id: &str) -> Result<Listed, Error> {
        let request = self.request(Method::GET, &[template_id])?.query(&[("fields", FIELDS)]);
        self.ask("template", request).await
    }

    /// Submits a template. At most 100 an hour.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn create_template(&self, account_id: &str, draft: &Draft) -> Result<Created, Error> {
        let body = json!({
            "name": draft.name,
            "language": draft.language,
            "category": draft.category,
            "parameter_format": draft.parameter_format,
            "components": parts(&draft.components, draft.parameter_format),
        });
        let request = self
            .request(Method::POST, &[account_id, "message_templates"])?
            .json(&body);
        self.ask("create_template", request).await
    }

    /// Replaces all parts of a template that is approved, rejected or paused. An approved one can be edited once a day and
    /// ten times in 30 days; its category stays.
    ///
    /// # Errors
    /// As of [`Client::send`].
    pub async fn edit_template(
        &self,
        template_id: &str,
        components: &[Part],
        format: ParameterFormat,
    ) -> Result<(), Error> {
        let body = json!({ "components": parts(components, format) });
        let request = self.request(Method::POST, &[template_id])?.json(&body);
        self.ask::<Success>("edit_template", request).await?.check()
    }

    /// Deletes templates.
    ///
    /// # Errors
    /// [`Error::Settings`] when there are no ids or more than 100; else as of [`Client::send`].
    pub async fn delete_templates(&self, account_id: &str, which: &Delete) -> Result<(), Error> {
        let request = self.request(Method::DELETE, &[account_id, "message_templates"])?;
        let request = match which {
            Delete::Name(name) => request.query(&[("name", name)]),
            Delete::One { name, id } => request.query(&[("name", name), ("hsm_id", id)]),
            Delete::Ids(ids) if (1..=100).contains(&ids.len()) => request.query(&[("hsm_ids", json!(ids).to_string())]),
            Delete::Ids(ids) => {
                return Err(Error::Settings(format!(
                    "{} templates to delete, 1 to 100 are allowed",
                    ids.len()
                )));
            }
        };
        self.ask::<Success>("delete_templates", request).await?.check()
    }
}
