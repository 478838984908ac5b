// A struct and its fields may be seen by anyone, or only where they stand.
#![deny(warnings, unreachable_pub, private_interfaces, private_bounds)]

use hookwright::WebhookObject;

mod crm {
    #[derive(hookwright::WebhookObject)]
    pub(crate) struct Company {
        id: u64,
        #[webhook(redact)]
        pub(super) iban: String,
        #[webhook(skip)]
        pub(in crate::crm) notes: notes::Notes,
    }

    #[derive(serde::Serialize, hookwright::WebhookObject)]
    struct Hidden {
        id: u64,
    }

    mod notes {
        pub(in crate::crm) struct Notes(pub(super) u8);
    }

    pub(crate) fn company() -> Company {
        let company = Company { id: 1, iban: "DE02".to_owned(), notes: notes::Notes(3) };
        assert_eq!(company.notes.0, 3);
        company
    }

    pub(crate) fn event_of_hidden() -> String {
        use hookwright::WebhookObject as _;

        Hidden { id: 1 }.deleted().name().to_string()
    }
}

fn main() {
    let company = crm::company();
    assert_eq!(company.iban, "DE02");
    let body = serde_json::to_string(&company.created()).unwrap();
    assert!(body.contains(r#""data":{"id":1,"iban":"[redacted]"}"#));
    assert_eq!(crm::event_of_hidden(), "hidden.deleted");
}
