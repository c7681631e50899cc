//! The queues that hold what was given up, as this context's `template.yaml` lists them. Pure.

use crate::refusal::ServiceRefusal;

/// A queue of what was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// Its name in the template, which operators use.
    pub name: String,
    /// The function that gave up.
    pub consumer: String,
    pub url: String,
    /// The queue that its messages come from and can be sent to again; `None` where its messages can't be sent again.
    pub source: Option<String>,
}

/// Reads `name:consumer:queue:source` with commas between. `queue` and `source` are names of queues, and an address is `base`
/// with one of them after it. `source` may be empty.
pub fn parse(list: &str, base: &str) -> Result<Vec<DeadLetters>, String> {
    list.split(',').map(|entry| one(entry.trim(), base)).collect()
}

fn one(entry: &str, base: &str) -> Result<DeadLetters, String> {
    let parts: Vec<&str> = entry.split(':').collect();
    let [name, consumer, queue, source] = parts[..] else {
        return Err(format!("{entry:?} is not name:consumer:queue:source"));
    };
    if name.is_empty() || consumer.is_empty() || queue.is_empty() {
        return Err(format!("{entry:?} leaves out what it is about"));
    }
    let address = |queue: &str| format!("{base}{queue}");
    Ok(DeadLetters {
        name: name.to_owned(),
        consumer: consumer.to_owned(),
        url: address(queue),
        source: (!source.is_empty()).then(|| address(source)),
    })
}

/// The queue called `name`, or all.
pub fn named<'a>(
    queues: &'a [DeadLetters],
    name: Option<&str>,
) -> Result<Vec<&'a DeadLetters>, ServiceRefusal> {
    let Some(name) = name else { return Ok(queues.iter().collect()) };
    let found: Vec<_> = queues.iter().filter(|queue| queue.name == name).collect();
    if found.is_empty() {
        return Err(ServiceRefusal::QueueNotFound(name.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "NotifierDeadLetters:NotifyCustomer:s-N-1:s-Q-2,PublisherFailures:PublishEvents:s-P-3:";

    #[test]
    fn each_queue_has_an_address_and_perhaps_a_source() {
        let queues = parse(LIST, "https://sqs.test/1/").unwrap();
        assert_eq!(queues[0].url, "https://sqs.test/1/s-N-1");
        assert_eq!(queues[0].source.as_deref(), Some("https://sqs.test/1/s-Q-2"));
        assert_eq!((queues[1].consumer.as_str(), &queues[1].source), ("PublishEvents", &None));
        for wrong in ["", "a:b:c", "a:b:c:d:e", ":b:c:d", "a::c:d", "a:b::d"] {
            assert!(parse(wrong, "").is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_queue_that_is_not_there_is_named() {
        let queues = parse(LIST, "").unwrap();
        assert_eq!(named(&queues, None).unwrap().len(), 2);
        assert_eq!(named(&queues, Some("PublisherFailures")).unwrap(), [&queues[1]]);
        let refusal = named(&queues, Some("notifierdeadletters")).unwrap_err();
        assert_eq!(refusal, ServiceRefusal::QueueNotFound("notifierdeadletters".to_owned()));
    }
}
