//! A day of a CRM: in the morning records are made, over the day they change, in the evening some
//! are thrown away.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use hookwright::{WebhookEvent, WebhookObject};

use crate::crm::{Closed, Crm};
use crate::model::{Address, Company, Deal, DealWon, Note, Person, Task, TaskStatus};
use crate::records::Records;

/// The events of one day: every object and every operation is among them.
pub const EVENTS_OF_A_DAY: usize = 20;

const PEOPLE: [(&str, &str); 5] = [
    ("Alice", "Doe"),
    ("Zoë", "O'Neil"),
    ("Kenji", "田中"),
    ("Nadia", "El-Amin"),
    ("Björn", "Ångström"),
];
const COMPANIES: [(&str, &str, &str); 3] =
    [("Airbnb", "San Francisco", "US"), ("Qonto", "Paris", "FR"), ("Müller & Söhne", "Köln", "DE")];

/// Plays day after day until the CRM closes: when it has emitted as many events as it should, or
/// when one was not acknowledged.
pub async fn play<S: Records>(crm: &mut Crm<S>) {
    for day in 0.. {
        if play_one(day, crm).await.is_err() {
            return;
        }
    }
}

async fn play_one<S: Records>(day: usize, crm: &mut Crm<S>) -> Result<(), Closed> {
    let (first_name, last_name) = PEOPLE[day % PEOPLE.len()];
    let (company_name, city, country) = COMPANIES[day % COMPANIES.len()];
    let number = day as u64 + 1;

    let person = Person {
        id: format!("person-{number}"),
        first_name: first_name.into(),
        last_name: last_name.into(),
        email: format!("{}@example.com", first_name.to_lowercase()),
        phone: "+1 555 0100".into(),
        created_at: Utc::now() - TimeDelta::days(1),
        created_by: "user_123".into(),
        internal_notes: String::new(),
    };
    crm.emit(&person.created()).await?;
    let company = Company {
        id: number,
        name: company_name.into(),
        domain: None,
        address: Address { city: city.into(), country: country.into() },
    };
    crm.emit(&company.created()).await?;
    let note = Note {
        note_id: format!("note-{number}"),
        body: "Wants a quote by \"Friday\"\n– and a call \u{1f4de}".into(),
        tags: BTreeSet::from(["sales".into()]),
    };
    crm.emit(&note.created()).await?;
    let task = Task {
        id: number,
        title: format!("Call {first_name}"),
        status: TaskStatus::Todo,
        revision: 1,
    };
    crm.emit(&task.created()).await?;
    let deal = Deal {
        id: format!("opportunity-{number}"),
        name: format!("{company_name}: 50 seats"),
        amount_cents: 1_200_000,
        probability: 20,
    };
    crm.emit(&deal.created()).await?;

    // What nobody outside can see makes no event.
    let noted = Person { internal_notes: "Prefers mornings".into(), ..person.clone() };
    crm.emit_change(&person, &noted).await?;
    let moved = Person { email: format!("{first_name}.{number}@example.org"), ..noted.clone() };
    crm.emit_change(&noted, &moved).await?;
    let begun = Task { status: TaskStatus::InProgress, revision: 2, ..task.clone() };
    crm.emit_change(&task, &begun).await?;
    let saved_again = Task { revision: 3, ..begun.clone() };
    crm.emit_change(&begun, &saved_again).await?;
    let found = Company { domain: Some("example.com".into()), ..company.clone() };
    crm.emit_change(&company, &found).await?;
    let tagged = Note { tags: BTreeSet::from(["quote".into(), "sales".into()]), ..note.clone() };
    crm.emit_change(&note, &tagged).await?;
    let likely = Deal { probability: 60, amount_cents: 1_450_000, ..deal.clone() };
    crm.emit_change(&deal, &likely).await?;
    let rung = Person { phone: "+1 555 0199".into(), ..moved.clone() };
    crm.emit_change(&moved, &rung).await?;
    let won = DealWon {
        deal_id: likely.id.clone(),
        company_id: company.id,
        amount_cents: likely.amount_cents,
    };
    crm.emit_custom(&won.event()).await?;
    let done = Task { status: TaskStatus::Done, revision: 4, ..saved_again.clone() };
    crm.emit_change(&saved_again, &done).await?;

    crm.emit(&done.deleted()).await?;
    crm.emit(&tagged.deleted()).await?;
    crm.emit(&likely.deleted()).await?;
    crm.emit(&likely.restored()).await?;
    crm.emit(&likely.destroyed()).await?;
    crm.emit(&rung.deleted()).await?;
    crm.emit(&found.deleted()).await
}
