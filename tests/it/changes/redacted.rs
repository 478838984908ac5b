//! Redacted members: that they have changed is told, their values are not.

use hookwright::{WebhookObject, emits};
use serde::Serialize;

use super::told;

fn check<T>(before: &T, after: &T, expected: Option<&str>)
where
    T: WebhookObject + emits::Updated,
{
    assert_eq!(told(before, after).expect("it is one record").as_deref(), expected);
}

#[derive(Clone, Serialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: u64,
    name: &'static str,
    #[webhook(redact)]
    phone_number: &'static str,
    #[webhook(redact)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_number: Option<u64>,
    #[webhook(skip)]
    notes: &'static str,
    city: &'static str,
}

const ALICE: Person =
    Person { id: 1, name: "Alice", phone_number: "1", tax_number: None, notes: "", city: "Bern" };

#[test]
fn a_redacted_value_that_has_changed_is_named_and_not_shown() {
    let after = Person { phone_number: "2", ..ALICE };
    check(
        &ALICE,
        &after,
        Some(r#""updatedFields":["phoneNumber"],"previous":{"phoneNumber":"[redacted]"}"#),
    );
}

#[test]
fn a_redacted_value_that_is_the_same_is_not_named() {
    check(&ALICE, &ALICE, None);
    check(&ALICE, &Person { notes: "call back", ..ALICE }, None);
    check(
        &ALICE,
        &Person { city: "Basel", ..ALICE },
        Some(r#""updatedFields":["city"],"previous":{"city":"Bern"}"#),
    );
}

#[test]
fn a_redacted_value_that_comes_or_goes_is_named_in_its_place() {
    let taxed = Person { tax_number: Some(7), ..ALICE };
    let after = Person { phone_number: "2", city: "Basel", ..taxed };
    check(
        &ALICE,
        &after,
        Some(concat!(
            r#""updatedFields":["phoneNumber","taxNumber","city"],"#,
            r#""previous":{"phoneNumber":"[redacted]","taxNumber":null,"city":"Bern"}"#
        )),
    );
    check(
        &after,
        &ALICE,
        Some(concat!(
            r#""updatedFields":["phoneNumber","taxNumber","city"],"#,
            r#""previous":{"phoneNumber":"[redacted]","taxNumber":"[redacted]","city":"Basel"}"#
        )),
    );
    check(
        &taxed,
        &Person { tax_number: Some(8), ..ALICE },
        Some(r#""updatedFields":["taxNumber"],"previous":{"taxNumber":"[redacted]"}"#),
    );
}

#[test]
fn redacted_values_are_compared_by_their_own_equality() {
    #[derive(Serialize)]
    struct Caseless(&'static str);

    impl PartialEq for Caseless {
        fn eq(&self, other: &Self) -> bool {
            self.0.eq_ignore_ascii_case(other.0)
        }
    }

    #[derive(Serialize, WebhookObject)]
    struct Login {
        id: u64,
        #[webhook(redact)]
        user: Caseless,
    }

    let login = |user| Login { id: 1, user: Caseless(user) };
    check(&login("alice"), &login("ALICE"), None);
    check(
        &login("alice"),
        &login("bob"),
        Some(r#""updatedFields":["user"],"previous":{"user":"[redacted]"}"#),
    );
}

#[test]
fn a_redacted_value_is_told_of_references_too() {
    let after = Person { phone_number: "2", ..ALICE };
    check(
        &&ALICE,
        &&after,
        Some(r#""updatedFields":["phoneNumber"],"previous":{"phoneNumber":"[redacted]"}"#),
    );
    check(&&ALICE, &&ALICE, None);
}

#[test]
fn a_redacted_member_beside_flattened_ones_is_told() {
    #[derive(Clone, Copy, Serialize)]
    struct Place {
        city: &'static str,
        zip: u32,
    }

    #[derive(Clone, Copy, Serialize, WebhookObject)]
    #[serde(tag = "type", rename_all = "UPPERCASE")]
    struct Company {
        id: u64,
        #[serde(flatten)]
        place: Place,
        #[webhook(redact)]
        iban: u64,
    }

    let before = Company { id: 1, place: Place { city: "Bern", zip: 3000 }, iban: 1 };
    let after = Company { place: Place { city: "Bern", zip: 3001 }, iban: 2, ..before };
    check(
        &before,
        &after,
        Some(r#""updatedFields":["zip","IBAN"],"previous":{"zip":3000,"IBAN":"[redacted]"}"#),
    );
}

/// Checks that a change of each redacted field is told under the name that the payload has for it.
macro_rules! check_names {
    ($(#[$container:meta])* struct { $($(#[$attribute:meta])* $field:ident,)* }) => {{
        #[derive(Clone, Serialize, WebhookObject)]
        $(#[$container])*
        #[allow(non_snake_case, reason = "the rules are for fields of any name")]
        struct Secrets {
            id: u8,
            $(#[webhook(redact)] $(#[$attribute])* $field: u8,)*
        }

        let before = Secrets { id: 1, $($field: 0,)* };
        let body = serde_json::to_value(before.created()).expect("it can be written");
        let mut names = body["data"].as_object().expect("a struct").clone();
        $({
            let after = Secrets { $field: 1, ..before.clone() };
            let event = after.updated_from(&before).expect("one record").expect("it has changed");
            let [name] = event.updated_fields() else {
                panic!("not one change of {}: {:?}", stringify!($field), event.updated_fields());
            };
            assert_eq!(names.remove(&**name).as_ref(), Some(&"[redacted]".into()), "{name}");
        })*
        assert_eq!(names.len(), 1, "only the id is left of {names:?}");
    }};
}

/// The same under a rule for all names, in each of its forms.
macro_rules! check_rules {
    ($($rule:literal)*) => {
        $(
            check_rule! { #[serde(rename_all = $rule)] }
            check_rule! { #[serde(rename_all(serialize = $rule, deserialize = "UPPERCASE"))] }
            check_rule! { #[serde(rename_all(deserialize = "UPPERCASE", serialize = $rule))] }
        )*
    };
}

macro_rules! check_rule {
    ($(#[$container:meta])*) => {
        check_names! {
            $(#[$container])*
            struct {
                plain,
                two_words,
                r#type,
                r#match,
                _leading,
                trailing_,
                double__underscore,
                with_2_digits,
                with2digits,
                camelCase,
                größe_é,
                #[serde(rename = "re-named_as IT is")]
                renamed,
                #[serde(rename(serialize = "one-of-two", deserialize = "other"))]
                renamed_in_one_form,
                #[serde(rename(deserialize = "other"))]
                renamed_for_reading,
                #[serde(alias = "other", default)]
                aliased,
            }
        }
    };
}

#[test]
fn a_redacted_member_is_told_by_its_name_on_the_wire() {
    check_rule! {}
    check_rule! { #[serde(rename_all(deserialize = "UPPERCASE"))] }
    check_rules! {
        "lowercase" "UPPERCASE" "PascalCase" "camelCase" "snake_case" "SCREAMING_SNAKE_CASE"
        "kebab-case" "SCREAMING-KEBAB-CASE"
    }
}

#[test]
fn the_two_forms_of_a_name_may_stand_in_attributes_of_their_own() {
    check_names! {
        #[serde(rename_all(serialize = "UPPERCASE"))]
        #[serde(rename_all(deserialize = "kebab-case"))]
        struct {
            two_words,
            #[serde(rename(serialize = "for-writing"))]
            #[serde(rename(deserialize = "for-reading"))]
            renamed,
        }
    }
}
