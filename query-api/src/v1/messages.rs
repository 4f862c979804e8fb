//! `GET /v1/messages`: messages in pages, newest first.

use parlance_schemas::labels::{Direction, Intent, Language, MessageType, Origin, Sentiment, Urgency};
use serde::Serialize;
use warp::reply::Response;

use super::message::Message;
use super::{Api, CONTACT_CHARACTERS_MAX, ID_CHARACTERS_MAX, SEARCH_CHARACTERS_MAX, json};
use crate::cursor::Cursor;
use crate::error::Refusal;
use crate::params::Params;
use crate::store::messages::Filter;
use crate::time::Moment;

#[derive(Serialize)]
struct MessagePage {
    watermark: Option<Moment>,
    messages: Vec<Message>,
    next_cursor: Option<String>,
}

pub(crate) async fn answer(api: &Api, mut params: Params) -> Result<Response, Refusal> {
    let (from, to) = params.bounds();
    let filter = Filter {
        integrations: params.texts("integration", ID_CHARACTERS_MAX),
        contact: params.text("contact", CONTACT_CHARACTERS_MAX),
        from,
        to,
        intents: params.labels::<Intent>("intent"),
        sentiments: params.labels::<Sentiment>("sentiment"),
        urgencies: params.labels::<Urgency>("urgency"),
        languages: params.labels::<Language>("language"),
        types: params.labels::<MessageType>("type"),
        origins: params.labels::<Origin>("origin"),
        direction: params
            .parsed::<Direction>("direction")
            .map(|direction| direction.to_string()),
        text: params.text("q", SEARCH_CHARACTERS_MAX),
    };
    let limit = params.limit();
    let after = params.parsed::<Cursor<2>>("cursor");
    params.finish()?;

    let watermark = api.watermark();
    let page = api.store.messages(&filter, after.as_ref(), limit).await?;
    json(&MessagePage {
        watermark,
        messages: page.messages.into_iter().map(Message::from).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    })
}
