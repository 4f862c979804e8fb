//! The customer service window.

use parlance_whatsapp::message::{Content, Template, Text};
use parlance_whatsapp::templates::{Category, Listed};
use parlance_whatsapp::window::{MAX_OFFERED, WINDOW_MS, Window};
use serde_json::json;

fn template(name: &str, language: &str, category: &str, status: &str) -> Listed {
    let json = json!({ "id": "1", "name": name, "language": language, "category": category, "status": status });
    serde_json::from_value(json).unwrap()
}

#[test]
fn free_form_is_allowed_for_a_day_after_the_customers_last_word() {
    let mut window = Window::default();
    assert!(!window.free_form_allowed(0));
    window.inbound(1_000);
    window.inbound(500);
    assert!(window.free_form_allowed(1_000) && window.free_form_allowed(1_000 + WINDOW_MS - 1));
    assert!(!window.free_form_allowed(1_000 + WINDOW_MS));
    window.inbound(1_000 + WINDOW_MS);
    assert!(window.free_form_allowed(1_000 + WINDOW_MS));
    assert_eq!(Window::since(Some(5)).closes_at_ms(), Some(5 + WINDOW_MS));
}

#[test]
fn outside_the_window_templates_are_offered_instead_the_fitting_ones_first() {
    let templates = [
        template("sale", "pt_BR", "MARKETING", "APPROVED"),
        template("order", "pt_PT", "UTILITY", "APPROVED"),
        template("hello", "pt_BR", "UTILITY", "APPROVED"),
        template("again", "pt_BR", "UTILITY", "APPROVED"),
        template("paused", "pt_BR", "UTILITY", "PAUSED"),
        template("code", "pt_BR", "AUTHENTICATION", "APPROVED"),
        template("english", "en", "UTILITY", "APPROVED"),
    ];
    let text = Content::from(Text::new("hi"));
    let window = Window::since(Some(0));
    window.check(&text, WINDOW_MS - 1, "pt-BR", &templates).unwrap();
    let closed = window.check(&text, WINDOW_MS, "pt-BR", &templates).unwrap_err();
    let offered: Vec<&str> = closed.offered.iter().map(|offer| offer.name.as_str()).collect();
    assert_eq!(offered, ["again", "hello", "sale", "order"]);
    assert_eq!(
        (closed.closed_at_ms, closed.offered[2].category.clone()),
        (Some(WINDOW_MS), Category::Marketing)
    );
    assert!(closed.to_string().contains("4 template(s)"));
    let none = Window::default().check(&text, 0, "rw", &templates).unwrap_err();
    assert_eq!((none.closed_at_ms, none.offered.len()), (None, 0));
    window
        .check(&Template::new("hello", "pt_BR").into(), WINDOW_MS * 9, "pt", &templates)
        .unwrap();
}

#[test]
fn no_more_is_offered_than_somebody_can_read() {
    let templates: Vec<Listed> = (0..20)
        .map(|n| template(&format!("t{n}"), "en", "UTILITY", "APPROVED"))
        .collect();
    let closed = Window::default()
        .check(&Text::new("hi").into(), 0, "en", &templates)
        .unwrap_err();
    assert_eq!(closed.offered.len(), MAX_OFFERED);
}
