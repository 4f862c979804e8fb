//! `GET /v1/contacts`: customers in pages, last seen first.

use serde::Serialize;
use warp::reply::Response;

use super::{Api, ID_CHARACTERS_MAX, SEARCH_CHARACTERS_MAX, json, said};
use crate::cursor::Cursor;
use crate::error::Refusal;
use crate::params::Params;
use crate::store::contacts::{Contact as Row, Filter};
use crate::time::Moment;

#[derive(Serialize)]
struct Contact {
    waba_id: String,
    contact_id: String,
    name: Option<String>,
    username: Option<String>,
    wa_id: Option<String>,
    user_id: Option<String>,
    first_seen_at: Moment,
    last_seen_at: Moment,
}

impl From<Row> for Contact {
    fn from(row: Row) -> Self {
        Self {
            waba_id: row.waba_id,
            contact_id: row.contact_id,
            name: said(row.newest_name),
            username: said(row.newest_username),
            wa_id: said(row.newest_wa_id),
            user_id: said(row.newest_user_id),
            first_seen_at: Moment(row.first_seen),
            last_seen_at: Moment(row.last_seen),
        }
    }
}

#[derive(Serialize)]
struct ContactPage {
    watermark: Option<Moment>,
    contacts: Vec<Contact>,
    next_cursor: Option<String>,
}

pub(crate) async fn answer(api: &Api, mut params: Params) -> Result<Response, Refusal> {
    let (from, to) = params.bounds();
    let filter = Filter {
        account: params.text("account", ID_CHARACTERS_MAX),
        from,
        to,
        text: params.text("q", SEARCH_CHARACTERS_MAX),
    };
    let limit = params.limit();
    let after = params.parsed::<Cursor<2>>("cursor");
    params.finish()?;

    let watermark = api.watermark();
    let (contacts, next) = api.store.contacts(&filter, after.as_ref(), limit).await?;
    json(&ContactPage {
        watermark,
        contacts: contacts.into_iter().map(Contact::from).collect(),
        next_cursor: next.map(|cursor| cursor.to_string()),
    })
}
