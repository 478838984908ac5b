use hookwright::WebhookObject;

#[derive(WebhookObject)]
#[serde(rename_each = "camelCase")]
struct Person {
    id: String,
    #[webhook(skip)]
    notes: String,
}

fn main() {
    let record = Person { id: "p1".to_owned(), notes: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
