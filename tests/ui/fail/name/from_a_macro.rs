use hookwright::WebhookObject;

macro_rules! object {
    ($object:ident, $name:literal) => {
        #[derive(serde::Serialize, WebhookObject)]
        #[webhook(name = $name)]
        struct $object {
            id: u64,
        }
    };
}

object!(Model, "Job Offer!");

fn main() {
    let record = Model { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
