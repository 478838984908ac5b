// Code that works for any object asks for the events that it makes.
#![deny(warnings)]

use hookwright::{Event, WebhookObject, emits};

#[derive(serde::Serialize, WebhookObject)]
#[webhook(events(updated, restored))]
struct Person {
    id: u64,
}

#[derive(WebhookObject)]
struct Company {
    id: u64,
    #[webhook(redact)]
    iban: &'static str,
}

fn touch<T: WebhookObject + emits::Updated>(record: &T) -> Event<&T> {
    record.updated()
}

fn change<T>(before: &T, now: &T) -> bool
where
    T: WebhookObject + hookwright::emits::Updated,
{
    now.updated_from(before).unwrap().is_some()
}

fn restore(record: &(impl WebhookObject + emits::Restored)) -> String {
    let event = record.restored();
    serde_json::to_value(&event).unwrap()["event"].to_string()
}

fn name<T: WebhookObject>(_: &T) -> &'static str {
    <&T>::NAME
}

fn main() {
    let person = Person { id: 1 };
    assert_eq!(touch(&person).name().to_string(), "person.updated");
    assert_eq!(restore(&person), r#""person.restored""#);
    assert!(!change(&person, &Person { id: 1 }));
    assert_eq!(name(&person), "person");

    let company = Company { id: 1, iban: "old" };
    assert_eq!(touch(&company).name().to_string(), "company.updated");
    assert!(change(&company, &Company { id: 1, iban: "new" }));
    assert_eq!(name(&company), "company");
}
