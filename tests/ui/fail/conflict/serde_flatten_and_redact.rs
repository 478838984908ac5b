use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person {
    id: String,
    #[webhook(redact)]
    #[serde(flatten)]
    notes: std::collections::BTreeMap<String, String>,
}

fn main() {
    let record = Person { id: "p1".to_owned(), notes: [].into() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
