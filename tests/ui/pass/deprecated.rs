// The derive does not warn of a struct or a field that its author has deprecated.
#![deny(warnings, deprecated)]

#[derive(hookwright::WebhookObject)]
#[deprecated = "use `Company`"]
struct Account {
    id: u64,
}

#[allow(deprecated)]
impl serde::Serialize for Account {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.id)
    }
}

#[derive(hookwright::WebhookObject)]
#[deprecated = "use `Company`"]
struct Client {
    #[deprecated]
    #[webhook(id)]
    number: u64,
    #[deprecated]
    name: &'static str,
    #[webhook(skip)]
    #[deprecated]
    notes: &'static str,
    #[deprecated]
    #[webhook(redact)]
    iban: &'static str,
}

#[derive(hookwright::WebhookObject)]
#[allow(deprecated)]
struct Company {
    id: Number,
    parent: Number,
    #[webhook(redact)]
    iban: Number,
}

#[deprecated]
type Number = u64;

#[allow(deprecated)]
fn main() {
    use hookwright::WebhookObject;

    assert_eq!(Account { id: 1 }.created().name().to_string(), "account.created");

    let client = Client { number: 1, name: "Airbnb", notes: "", iban: "DE02" };
    assert!(client.notes.is_empty());
    let body = serde_json::to_string(&client.created()).unwrap();
    assert!(body.contains(r#""data":{"number":1,"name":"Airbnb","iban":"[redacted]"}"#));

    let company = Company { id: 1, parent: 2, iban: 3 };
    let body = serde_json::to_string(&company.created()).unwrap();
    assert!(body.contains(r#""data":{"id":1,"parent":2,"iban":"[redacted]"}"#));
}
