use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
enum Stage<T> {
    Lead { id: T },
}

fn main() {
    let record = Stage::Lead { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
