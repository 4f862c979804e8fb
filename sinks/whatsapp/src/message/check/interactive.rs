//! Limits of what can be pressed.

use super::{Checked, count, maybe, source, text, unfit, unlike, web};
use crate::message::{Action, Card, FlowName, FlowStart, Header, Interactive};

impl Interactive {
    pub(super) fn check(&self) -> Checked {
        let most = if matches!(self.action, Action::List { .. }) {
            4_096
        } else {
            1_024
        };
        match &self.body {
            Some(body) => text("interactive.body.text", body, most)?,
            None if matches!(self.action, Action::Product { .. } | Action::AskCall) => {}
            None => return Err(unfit("interactive.body", "is missing")),
        }
        maybe("interactive.footer.text", self.footer.as_ref(), 60)?;
        self.header_fits()?;
        self.action.check()
    }

    fn header_fits(&self) -> Checked {
        let Some(header) = &self.header else {
            return match self.action {
                Action::Products { .. } => Err(unfit("interactive.header", "is missing: a list of products needs one")),
                _ => Ok(()),
            };
        };
        let only_text = matches!(self.action, Action::List { .. } | Action::Products { .. });
        let none = matches!(
            self.action,
            Action::Product { .. }
                | Action::Catalog { .. }
                | Action::AskLocation
                | Action::AskCall
                | Action::AskContact
                | Action::Carousel(_)
        );
        if none {
            return Err(unfit(
                "interactive.header",
                format!("a {} has none", self.action.kind()),
            ));
        }
        if only_text && !matches!(header, Header::Text(_)) {
            return Err(unfit(
                "interactive.header",
                format!("a {} takes only text", self.action.kind()),
            ));
        }
        header.check("interactive.header")
    }
}

impl Header {
    fn check(&self, field: &str) -> Checked {
        match self {
            Self::Text(given) => text(&format!("{field}.text"), given, 60),
            Self::Image(image) => source(&format!("{field}.image"), image),
            Self::Video(video) => source(&format!("{field}.video"), video),
            Self::Document(document, filename) => {
                source(&format!("{field}.document"), document)?;
                maybe(&format!("{field}.document.filename"), filename.as_ref(), 240)
            }
        }
    }
}

impl Action {
    fn check(&self) -> Checked {
        let at = |rest: &str| format!("interactive.action.{rest}");
        match self {
            Self::Buttons(buttons) => {
                count(&at("buttons"), buttons.len(), 1, 3)?;
                for (index, button) in buttons.iter().enumerate() {
                    text(&at(&format!("buttons[{index}].reply.id")), &button.id, 256)?;
                    text(&at(&format!("buttons[{index}].reply.title")), &button.title, 20)?;
                }
                unlike(&at("buttons"), buttons.iter().map(|button| button.id.as_str()))?;
                unlike(&at("buttons"), buttons.iter().map(|button| button.title.as_str()))
            }
            Self::List { button, sections } => {
                text(&at("button"), button, 20)?;
                count(&at("sections"), sections.len(), 1, 10)?;
                for (index, section) in sections.iter().enumerate() {
                    let field = at(&format!("sections[{index}]"));
                    titled(&field, section.title.as_ref(), sections.len())?;
                    count(&format!("{field}.rows"), section.rows.len(), 1, 10)?;
                    for (row, content) in section.rows.iter().enumerate() {
                        text(&format!("{field}.rows[{row}].id"), &content.id, 200)?;
                        text(&format!("{field}.rows[{row}].title"), &content.title, 24)?;
                        maybe(
                            &format!("{field}.rows[{row}].description"),
                            content.description.as_ref(),
                            72,
                        )?;
                    }
                }
                let rows = || sections.iter().flat_map(|section| &section.rows);
                count(&at("sections"), rows().count(), 1, 10)?;
                unlike(&at("sections"), rows().map(|row| row.id.as_str()))
            }
            Self::Link { button, url } => {
                text(&at("parameters.display_text"), button, 20)?;
                web(&at("parameters.url"), url)
            }
            Self::Flow(flow) => {
                match &flow.flow {
                    FlowName::Id(id) => text(&at("parameters.flow_id"), id, 200)?,
                    FlowName::Name(name) => text(&at("parameters.flow_name"), name, 200)?,
                }
                text(&at("parameters.flow_cta"), &flow.button, 30)?;
                match &flow.start {
                    FlowStart::Ask => Ok(()),
                    FlowStart::Navigate { screen, .. } => {
                        text(&at("parameters.flow_action_payload.screen"), screen, 200)
                    }
                }
            }
            Self::Product { catalog, product } => {
                text(&at("catalog_id"), catalog, 200)?;
                text(&at("product_retailer_id"), product, 200)
            }
            Self::Products { catalog, sections } => {
                text(&at("catalog_id"), catalog, 200)?;
                count(&at("sections"), sections.len(), 1, 10)?;
                for (index, section) in sections.iter().enumerate() {
                    let field = at(&format!("sections[{index}]"));
                    titled(&field, section.title.as_ref(), sections.len())?;
                    count(&format!("{field}.product_items"), section.products.len(), 1, 30)?;
                }
                count(
                    &at("sections"),
                    sections.iter().map(|section| section.products.len()).sum(),
                    1,
                    30,
                )
            }
            Self::Catalog { thumbnail } => text(&at("parameters.thumbnail_product_retailer_id"), thumbnail, 200),
            Self::AskAddress(form) => match form.country.as_str() {
                "IN" | "SG" => Ok(()),
                _ => Err(unfit(
                    at("parameters.country"),
                    "is not IN or SG, where alone the form is known",
                )),
            },
            Self::AskLocation | Self::AskCall | Self::AskContact => Ok(()),
            Self::Carousel(cards) => {
                count(&at("cards"), cards.len(), 2, 10)?;
                cards
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, card)| card.check(&at(&format!("cards[{index}]"))))
            }
        }
    }
}

fn titled(field: &str, title: Option<&String>, sections: usize) -> Checked {
    match title {
        None if sections > 1 => Err(unfit(
            format!("{field}.title"),
            "is missing: several sections need titles",
        )),
        title => maybe(&format!("{field}.title"), title, 24),
    }
}

impl Card {
    fn check(&self, field: &str) -> Checked {
        if !matches!(self.header, Header::Image(_) | Header::Video(_)) {
            return Err(unfit(format!("{field}.header"), "is not a picture or a video"));
        }
        self.header.check(&format!("{field}.header"))?;
        maybe(&format!("{field}.body.text"), self.body.as_ref(), 160)?;
        text(&format!("{field}.action.parameters.display_text"), &self.button, 20)?;
        web(&format!("{field}.action.parameters.url"), &self.url)
    }
}
