use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(name = "Job Offer!")]
struct Model {
    id: u64,
}

fn main() {
    let record = Model { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
