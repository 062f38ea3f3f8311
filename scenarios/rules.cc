#include "scenarios/rules.h"

#include <algorithm>
#include <array>

namespace orrery::scenarios {
namespace {

// Load first, then what holds an object, then what is waited for, then what fails, then what a design asks for.
constexpr std::array catalogue{
    Rule{
        "overload", "an object is offered more work than it can do",
        "An object does one thing at a time. If a second brings more than a second of work, its queue grows for as "
        "long as that lasts, and everybody waits longer than the one before. A bigger queue or a longer timeout does "
        "not help. Split the object (objects.X.shards), do less in each call, or send it less: answer from a copy, "
        "or collect several writes into one."},
    Rule{
        "bursts", "on average an object has time, but not while its callers are busiest",
        "What comes in a burst waits until the burst has been worked off, which can take much longer than the burst. "
        "The mean load says nothing about it, nor does a load test that sends evenly. Plan for the peak: split the "
        "object until its load is below 70 % in the busiest seconds, or spread the burst out, for instance by "
        "letting clients wait a random time before they send."},
    Rule{"hot-object", "one object does most of the work, and the slowest requests wait for it",
         "Waiting grows faster than load: at 70 % an arriving call waits about as long as two calls take, at 90 % as "
         "long as nine. If the object serves many keys, spread them over several objects: objects.X.shards = 4, or "
         "\"per-key\" for one each. Otherwise make its calls shorter."},
    Rule{"one-key", "most of the work is for one key, so more objects do not help",
         "All requests for one key go to one object, however many there are. Divide what the key stands for: one "
         "object per room and not per building, or several counters that are added up when somebody asks. Let reads "
         "go elsewhere, or answer them from a copy that is a second old."},
    Rule{
        "single-object", "one object serves everybody",
        "It lives in one place, so all but its neighbours are far from it, and it does one thing at a time: 500 to "
        "1,000 simple calls a second, fewer with writes. Use one object for each thing that has to be kept in order, "
        "such as a room, a document or a user, and not one for all of them."},
    Rule{
        "gate-held", "callers wait for an object that is not working",
        "The object lets nobody in while a handler waits: because it waits in a block, or because its class holds "
        "its objects for a commit or for a whole call. Then the longest wait inside says how many calls a second are "
        "possible, not the work: 100 ms held are 10 calls a second. Leave the gate open (objects.X.holds = \"turn\") "
        "and check again what you rely on after each wait; what is written meanwhile is still seen by nobody before "
        "it is durable."},
    Rule{"fetch-in-block", "a handler waits for something outside while it lets nobody in",
         "A block is for what must not be interleaved and takes microseconds, such as setting up tables. With a "
         "fetch, a call or a wait inside, every other caller of the object waits for the answer, too, and if the "
         "service is slow for half a minute the object is reset. Ask first and then check again inside, or write "
         "down that the request is under way and leave the gate open."},
    Rule{"distance", "most of the time is spent on the way",
         "A message to the other side of the world and back takes a quarter of a second, and nothing in the code "
         "changes that. Bring the object to those who call it (objects.X.place, a location hint), give each part of "
         "the world objects of its own (shards = \"per-key\" and place = \"home\"), and do not cross the distance "
         "more than once: an object that asks a service far away pays the way for each question."},
    Rule{"first-call", "many requests are the first to their object",
         "Nobody knows where an object lives before its first call, so that one goes to a directory first, which may "
         "be far away, and the object is created. A design with many objects and few requests for each is mostly "
         "first calls. Make objects before they are needed, use fewer of them, or measure longer if the real system "
         "runs for longer, too."},
    Rule{"slow-service", "the slowest requests wait for an answer from outside",
         "The object is free meanwhile, its caller is not. Answer first and ask afterwards (\"reply\" before the "
         "fetch) if the caller does not need the result; ask several services side by side (\"all\"); keep answers "
         "that may be a little old; or move the object near the service."},
    Rule{"chatty-calls", "a request makes many calls from object to object",
         "Each call is a message there and back, and a turn at the other end: ten in a row take ten times as long as "
         "one. Ask for several things in one call, keep together in one object what is needed together, or store a "
         "copy where it is read. Within one object many reads cost nothing of this kind."},
    Rule{"commit-wait", "the slowest requests wait for the disk",
         "An answer is held back until what it shows is durable; that is what makes it safe, and the object goes on "
         "working meanwhile. Write once in each request and not in several turns. A \"sync\" of your own before the "
         "answer buys nothing: the platform waits anyway, and the sync costs a turn more."},
    Rule{
        "long-turn", "the work itself takes most of the time",
        "While a turn runs, nothing else happens in the object. Do less in one call: read and write fewer rows, keep "
        "results instead of computing them again, and move what the caller need not wait for behind the answer."},
    Rule{"retry-storm", "clients ask again and make it worse",
         "A client that gives up and asks again adds work just when there is too much of it, and the first attempt "
         "may still be done. Wait longer than a slow answer takes, ask again few times, and let the pause between "
         "attempts grow and be random (backoff = \"200ms..5s\"), so that not all come back at once."},
    Rule{"errors", "requests fail",
         "A request failed, or its client never learned what became of it. Find out which call it is and what "
         "refuses: a service that says no, a handler that throws, a timeout that is shorter than the answer takes."},
    Rule{"write-before-fetch", "a handler asks a service before it has written down that it does",
         "If the object is reset while it waits, or the client asks again, the handler runs again and asks a second "
         "time: a card is charged twice. Write an idempotency key before the fetch, and send it along, so that the "
         "second run finds what the first one began."},
    Rule{"impossible-objective", "no design of the code can meet this objective",
         "The way alone takes longer, or fewer requests are sent than are asked for. Change where the object lives, "
         "or ask for what can be had."},
    Rule{
        "short-run", "the run is too short for what is asked of it",
        "A percentile needs requests above it: with fewer than ten, another seed would give quite another number, "
        "so none is printed and the answer is \"cannot tell\". Run longer, send more, or ask for a lower percentile; "
        "for p99.9 and beyond use several seeds."},
    Rule{"closed-loop", "clients that wait for each answer hide how slow it is",
         "A client that sends its next request after the last answer sends least when the system is slowest. So the "
         "slow times are hardly measured, and no queue grows beyond the number of clients. People do not wait for "
         "each other: use poisson or a recording for them, and closed for programs that do work in a loop."},
    Rule{"unused", "something is described that nothing uses",
         "A class without callers, a handler that no mix names, more shards than keys: usually a name that was "
         "changed in one place and not in the other, so that the run leaves out what it was to show."},
    Rule{"limits", "this is beyond what the platform takes",
         "The platform refuses a key with its value, or a row, of more than 2 MB (128 KiB in classes kept on the old "
         "key-value backend), and more than six outgoing requests of one handler wait for each other."},
};

}  // namespace

std::span<const Rule> rules() { return catalogue; }

const Rule* rule_named(std::string_view id) {
  const auto found = std::ranges::find(catalogue, id, &Rule::id);
  return found == catalogue.end() ? nullptr : &*found;
}

}  // namespace orrery::scenarios
