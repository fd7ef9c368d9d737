//! The first page.

use super::{Frame, Page, Visitor, html};
use crate::permissions::{Group, allows};
use askama::Template;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Frame,
    doors: Vec<(&'static str, &'static str, &'static str)>,
}

pub(crate) async fn home(visitor: Visitor) -> Page {
    let page = visitor.frame("خانه", "Home");
    let mut doors = Vec::new();
    let mut door = |address, fa, en, fa_what, en_what| doors.push((address, page.t(fa, en), page.t(fa_what, en_what)));
    if page.group == Some(Group::Citizen) {
        door(
            "/my",
            "پرونده‌های من",
            "My cases",
            "کجا مانده، پیش کیست و تا کی",
            "Where they are, who has them and until when",
        );
    }
    if page.group.is_some_and(|group| allows("GET", "/desk", group)) {
        door(
            "/desk",
            "میز کار",
            "Desk",
            "آنچه در انتظار نقش شماست، نزدیک‌ترین مهلت نخست",
            "What waits for your role, soonest first",
        );
    }
    door(
        "/services",
        "خدمت‌ها و درخواست",
        "Services and applying",
        "چه می‌خواهد، چقدر می‌شود و چند روز می‌کشد",
        "What it needs, costs, and how long it takes",
    );
    door(
        "/check",
        "استعلام پروانه",
        "Check a licence",
        "با شماره یا کد QR، امروز یا در هر روز گذشته",
        "By number or QR code, today or on any past day",
    );
    html(&Home { page, doors })
}
