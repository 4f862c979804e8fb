//! `GET /v1/account-events`: what happened to accounts, numbers, templates and flows, newest first.

use serde::Serialize;
use warp::reply::Response;

use super::{Api, ID_CHARACTERS_MAX, Raw, code, json, said};
use crate::cursor::Cursor;
use crate::error::Refusal;
use crate::params::Params;
use crate::store::account_events::{AccountEvent as Row, Filter};
use crate::time::Moment;

#[derive(Serialize)]
struct AccountEvent {
    event_id: String,
    waba_id: String,
    phone_number_id: Option<String>,
    field: String,
    event: Option<String>,
    subject: Option<String>,
    error_code: Option<i64>,
    occurred_at: Moment,
    raw: Raw,
}

impl From<Row> for AccountEvent {
    fn from(row: Row) -> Self {
        Self {
            event_id: row.event_id,
            waba_id: row.waba_id,
            phone_number_id: said(row.phone_number_id),
            field: row.field,
            event: said(row.event),
            subject: said(row.subject),
            error_code: code(row.error_code),
            occurred_at: Moment(row.occurred_at),
            raw: Raw(row.raw),
        }
    }
}

#[derive(Serialize)]
struct AccountEventPage {
    watermark: Option<Moment>,
    events: Vec<AccountEvent>,
    next_cursor: Option<String>,
}

pub(crate) async fn answer(api: &Api, mut params: Params) -> Result<Response, Refusal> {
    let (from, to) = params.bounds();
    let filter = Filter {
        account: params.text("account", ID_CHARACTERS_MAX),
        integrations: params.texts("integration", ID_CHARACTERS_MAX),
        fields: params.texts("field", ID_CHARACTERS_MAX),
        from,
        to,
    };
    let limit = params.limit();
    let after = params.parsed::<Cursor<1>>("cursor");
    params.finish()?;

    let watermark = api.watermark();
    let (events, next) = api.store.account_events(&filter, after.as_ref(), limit).await?;
    json(&AccountEventPage {
        watermark,
        events: events.into_iter().map(AccountEvent::from).collect(),
        next_cursor: next.map(|cursor| cursor.to_string()),
    })
}
