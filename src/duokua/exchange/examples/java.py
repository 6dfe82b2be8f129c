"""The example for Java ≥ 17: one file, run by ``java Example.java``, nothing but the JDK."""

from __future__ import annotations

import json

from duokua.exchange.examples.call import SECRET, Call
from duokua.lang.interface import Shape

_HEAD = """\
import java.net.*;
import java.net.http.*;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.*;
import static java.nio.charset.StandardCharsets.UTF_8;

public class Example {
  static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static HttpResponse<String> call(HttpRequest.Builder request) throws Exception {
    var answer = HTTP.send(request.build(), BodyHandlers.ofString(UTF_8));
    if (answer.statusCode() != 200) {
      // A problem document: code, title, mend, and errors[] with a pointer for each.
      throw new IllegalStateException(answer.statusCode() + " " + answer.body());
    }
    return answer;
  }
"""
_ENCODE = """
  static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }
"""


def literal(value: str) -> str:
    """Write a text as a literal of Java, in ASCII: older JDKs guess a file's encoding."""
    return json.dumps(value)


def example(call: Call) -> str:
    """Return the call as a class; JSON is printed as it comes, the JDK has no reader for it."""
    told = "" if call.anonymous else _token(call)
    return (
        f"{_HEAD}{'' if call.anonymous else _ENCODE}\n"
        "  public static void main(String[] args) throws Exception {\n"
        f"{told}    String url = {literal(call.url)};\n"
        f"{_pages(call) if call.paged else _once(call)}"
        "  }\n}\n"
    )


def _token(call: Call) -> str:
    return (
        '    String form = "grant_type=client_credentials"\n'
        f'        + "&client_id=" + encode({literal(call.client)})\n'
        f'        + "&client_secret=" + encode(System.getenv("{SECRET}"))\n'
        f'        + "&purpose=" + encode({literal(call.purpose)});\n'
        "    var issued = call(HttpRequest.newBuilder("
        f"URI.create({literal(call.base + '/oauth/token')}))\n"
        '        .header("Content-Type", "application/x-www-form-urlencoded")\n'
        "        .POST(BodyPublishers.ofString(form)));\n"
        '    Matcher found = Pattern.compile("\\"access_token\\":\\"([^\\"]+)\\"")'
        ".matcher(issued.body());\n"
        '    if (!found.find()) throw new IllegalStateException("no token");\n'
        "    String token = found.group(1);\n"
    )


def _request(call: Call, address: str) -> str:
    told = f"HttpRequest.newBuilder(URI.create({address}))"
    if not call.anonymous:
        told += '\n          .header("Authorization", "Bearer " + token)'
    if call.body is not None:
        told += '\n          .header("Content-Type", "application/json")'
        told += f"\n          .POST(BodyPublishers.ofString({literal(call.body)}))"
    return told


def _once(call: Call) -> str:
    return f"    System.out.println(call({_request(call, 'url')}).body());\n"


def _pages(call: Call) -> str:
    address = f'next == null ? url : url + "{call.more}cursor=" + next'
    return (
        "    String next = null;\n"
        "    do {\n"
        f"      var page = call({_request(call, address)});\n"
        "      System.out.println(page.body());\n"
        '      next = page.headers().firstValue("duokua-next").orElse(null);\n'
        "    } while (next != null);\n"
    ) + ("" if call.shape is not Shape.CHANGES else (
        '    // `version` in the answer is the &since=… of the next time.\n'
    ))  # fmt: skip
