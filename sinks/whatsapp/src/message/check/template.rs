//! Limits of what goes into templates.

use super::{Checked, count, maybe, place, source, text, unfit, unlike};
use crate::message::{ButtonValue, Component, Parameter, Template, Value};

impl Template {
    pub(super) fn check(&self) -> Checked {
        text("template.name", &self.name, 512)?;
        if !self
            .name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            return Err(unfit("template.name", "has other characters than a to z, 0 to 9 and _"));
        }
        text("template.language.code", &self.language, 20)?;
        let (mut headers, mut bodies, mut buttons) = (0, 0, Vec::new());
        for (index, component) in self.components.iter().enumerate() {
            let field = format!("template.components[{index}]");
            match component {
                Component::Header(parameter) => {
                    headers += 1;
                    parameter.check(&format!("{field}.parameters[0]"))?;
                }
                Component::Body(parameters) => {
                    bodies += 1;
                    body(&format!("{field}.parameters"), parameters)?;
                }
                Component::Button { index, value } => {
                    if *index > 9 || buttons.contains(index) {
                        return Err(unfit(format!("{field}.index"), "is above 9 or there twice"));
                    }
                    buttons.push(*index);
                    value.check(&format!("{field}.parameters[0]"))?;
                }
            }
        }
        if headers > 1 || bodies > 1 {
            return Err(unfit("template.components", "has two headers or two bodies"));
        }
        Ok(())
    }
}

fn body(field: &str, parameters: &[Parameter]) -> Checked {
    count(field, parameters.len(), 1, 100)?;
    let named = parameters.iter().filter(|parameter| parameter.name.is_some()).count();
    if named != 0 && named != parameters.len() {
        return Err(unfit(field, "some have names and some have none"));
    }
    unlike(
        field,
        parameters.iter().filter_map(|parameter| parameter.name.as_deref()),
    )?;
    for (index, parameter) in parameters.iter().enumerate() {
        let field = format!("{field}[{index}]");
        parameter.check(&field)?;
        if !matches!(
            parameter.value,
            Value::Text(_) | Value::Currency { .. } | Value::DateTime(_)
        ) {
            return Err(unfit(field, "a body takes text, money, dates and times only"));
        }
    }
    Ok(())
}

impl Parameter {
    fn check(&self, field: &str) -> Checked {
        maybe(&format!("{field}.parameter_name"), self.name.as_ref(), 100)?;
        match &self.value {
            Value::Text(given) => {
                let field = format!("{field}.text");
                text(&field, given, 32_768)?;
                if given.contains(['\n', '\r', '\t']) || given.contains("     ") {
                    return Err(unfit(
                        field,
                        "has a line break, a tab or more than four spaces in a row",
                    ));
                }
                Ok(())
            }
            Value::Currency { fallback, code, .. } => {
                text(&format!("{field}.currency.fallback_value"), fallback, 1_000)?;
                match code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()) {
                    true => Ok(()),
                    false => Err(unfit(
                        format!("{field}.currency.code"),
                        "is not three letters of ISO 4217",
                    )),
                }
            }
            Value::DateTime(shown) => text(&format!("{field}.date_time.fallback_value"), shown, 1_000),
            Value::Image(image) => source(&format!("{field}.image"), image),
            Value::Video(video) => source(&format!("{field}.video"), video),
            Value::Document(document, _) => source(&format!("{field}.document"), document),
            Value::Location(location) => place(&format!("{field}.location"), location),
        }
    }
}

impl ButtonValue {
    fn check(&self, field: &str) -> Checked {
        match self {
            Self::QuickReply(payload) => text(&format!("{field}.payload"), payload, 256),
            Self::UrlEnding(ending) => text(&format!("{field}.text"), ending, 2_000),
            Self::CouponCode(code) => text(&format!("{field}.coupon_code"), code, 15),
            Self::Flow { token, .. } => text(&format!("{field}.action.flow_token"), token, 200),
            Self::Catalog(product) => text(&format!("{field}.action.thumbnail_product_retailer_id"), product, 200),
        }
    }
}
