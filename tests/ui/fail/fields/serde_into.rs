use hookwright::WebhookObject;

#[derive(Clone, serde::Serialize, WebhookObject)]
#[webhook(fields)]
#[serde(into = "String")]
struct Person {
    id: String,
}

impl From<Person> for String {
    fn from(person: Person) -> Self {
        person.id
    }
}

fn main() {
    let person = Person { id: "p1".to_owned() };
    println!("{}", serde_json::to_string(&person.created()).unwrap());
}
