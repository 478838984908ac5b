use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person {
    id: String,
    #[webhook(skipped)]
    notes: String,
}

fn main() {
    let record = Person { id: "p1".to_owned(), notes: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
