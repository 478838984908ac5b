use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person {
    #[webhook(id)]
    key: String,
    #[webhook(id)]
    email: String,
}

fn main() {
    let record = Person { key: String::new(), email: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
